"""The level: one row of a table for every combination of facts."""

from typing import Literal

type Level = Literal[
    "no-mail",
    "inconclusive",
    "losing-mail",
    "exposed",
    "degraded",
    "enforced",
    "partly-enforced",
    "testing",
    "ready",
    "encrypted",
]
type MtaSts = Literal["absent", "invalid", "none", "testing", "enforce"]
type Dane = Literal["absent", "insecure", "unusable", "broken", "partial", "valid"]
