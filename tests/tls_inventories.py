"""Inventories for tests: of a server of which nothing bad is to be said, unless said otherwise."""

from dataclasses import replace
from typing import Any

from checker.observation import Seen
from checker.tls.facts import AskedQuestion, Handshake, Inventory, TlsFacts, VersionSuites
from checker.tls.registry import BAD_KINDS, PHASE_OUT_KINDS

NEWEST = "TLS_AES_256_GCM_SHA384"
GOOD_1_2 = ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
STRICT = Inventory(
    accepted_versions=("TLSv1.2", "TLSv1.3"),
    rejected_versions=("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"),
    suites=(
        VersionSuites(version="TLSv1.2", suites=GOOD_1_2[:1]),
        VersionSuites(version="TLSv1.3", suites=(NEWEST,)),
    ),
    accepted_kinds=(),
    rejected_kinds=(*BAD_KINDS, *PHASE_OUT_KINDS),
    groups=("x25519", "X25519MLKEM768"),
    old_groups=("x25519",),
    post_quantum=True,
    weak_group=False,
    preference="server",
    compression=False,
    secure_renegotiation=True,
    extended_master_secret=True,
    heartbeat=False,
    asked=(AskedQuestion(asks="SSLv2", offer="SSLv2, 7 suites", answer="No (TLS alert 70)"),),
    connections=7,
)
"""TLS 1.2 and 1.3 with the suites of RFC 9325 section 4.2 alone, as a verdict finds it."""


def taking(*kinds: str, **changes: Any) -> Inventory:
    """The strict server, but for the kinds of suites that it takes as well."""
    rejected = tuple(kind for kind in STRICT.rejected_kinds if kind not in kinds)
    return replace(STRICT, **({"accepted_kinds": kinds, "rejected_kinds": rejected} | changes))


def speaking(*versions: str, **changes: Any) -> Inventory:
    """The strict server with these versions instead."""
    rejected = tuple(v for v in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3") if v not in versions)
    return replace(STRICT, **({"accepted_versions": versions, "rejected_versions": rejected} | changes))


def asked(
    inventory: Inventory | None = STRICT,
    version: str = "TLSv1.3",
    suite: str = NEWEST,
    **changes: Any,
) -> TlsFacts:
    """An address that shook hands and was then asked the questions."""
    done = Handshake(version=version, suite=suite, nist=True, certificate="leaf", chain="leaf", group="x25519")
    return TlsFacts(nist=Seen(replace(done, **changes)), inventory=inventory)
