"""What the API takes and gives beside the report, whose format is ``checker.report.document``'s.

The one rule of this file: a field that isn't known is refused, so that a misspelt one can't be overlooked.
"""

from typing import Annotated, Literal, TypedDict

from ninja import Field, Schema
from pydantic import ConfigDict, StrictBool

WAIT_S = 60  # at most, for one answer


class ScanOrder(Schema):
    """What to scan, and how."""

    model_config = ConfigDict(extra="forbid")

    domain: Annotated[str, Field(description="A domain, or a mail address at it.", examples=["all-good.demo.test"])]
    depth: Annotated[
        Literal["verdict", "deep"],
        Field(description="“deep” looks for longer, at every cipher suite. It is for trusted callers only."),
    ] = "verdict"
    queue: Annotated[
        Literal["interactive", "background"],
        Field(description="“background”: nobody waits for it, so it lets those pass that somebody waits for."),
    ] = "interactive"
    fresh: Annotated[
        StrictBool, Field(description="Scan anew, whatever is known: at most once in five minutes for a domain.")
    ] = False


class Urls(TypedDict):
    """Where the report can be read, as it grows and later."""

    page: Annotated[str, Field(description="For people.")]
    json: Annotated[str, Field(description="The report document.")]
    events: Annotated[str, Field(description="Server-sent events while the scan runs.")]


class Ordered(TypedDict):
    """A link to a scan, which may be one that somebody else ordered."""

    token: Annotated[str, Field(description="Who has it can read the report: nobody finds it otherwise.")]
    domain: Annotated[str, Field(description="As it stands in DNS.")]
    joined: Annotated[bool, Field(description="Was this domain just scanned, or being scanned, for somebody else?")]
    deletion_secret: Annotated[str, Field(description="Deletes this link. It is told this once.")]
    urls: Urls


class Deletion(Schema):
    """The right to delete a link."""

    model_config = ConfigDict(extra="forbid")

    deletion_secret: Annotated[str, Field(description="As it was given when the scan was ordered.")]
