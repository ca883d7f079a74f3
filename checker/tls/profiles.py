"""Would this server pass a named standard? What it would fail with, and what is not known (NIST-1 to NIST-6).

The one rule of this file: a standard is data (``checker/data``) with its source and how good that is. To fail, one
thing seen is enough; to pass, everything must have been asked.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from checker.certificates.facts import CertificateFacts
from checker.data import read_table
from checker.tls.facts import Inventory, TlsFacts
from checker.tls.registry import VERSIONS, suite_name

type Level = Literal["good", "phase-out", "insufficient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A standard. ``source`` says where its rules come from, and how far they can be relied on.

    ``rules`` are as in the file, ``suites`` the level of each listed suite by its IANA name. ``beyond``: what it asks
    for and no check from outside, or none of ours, can tell.
    """

    code: str
    name: str
    source: str
    suites: dict[str, Level]
    rules: dict[str, Any]
    beyond: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a server stands to a profile. ``passes`` is null where nothing speaks against it and something is unknown.

    ``fails`` says with what it fails, ``phase_out`` what the profile wants to see gone and still lets pass, ``missing``
    what is not known. All are half sentences that begin in lower case.
    """

    profile: Profile
    fails: tuple[str, ...] = ()
    phase_out: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def passes(self) -> bool | None:
        """False beats null."""
        return False if self.fails else None if self.missing else True


@cache
def profiles() -> tuple[Profile, ...]:
    """Every profile that there is."""
    nist, ncsc, bsi = (read_table(f"{name}.json") for name in ("nist", "ncsc", "bsi"))
    return (
        _profile(nist["profile"], {"good": nist["r2"]["suites"], "phase-out": ()}),
        _profile(ncsc["profile"], ncsc["suites"]),
        _profile(bsi["profile"], bsi["suites"]),
    )


def _profile(rules: dict[str, Any], suites: dict[Level, Iterable[str]]) -> Profile:
    levels = {suite_name(int(code, 16)): level for level, codes in suites.items() for code in codes}
    return Profile(
        code=rules["code"],
        name=rules["name"],
        source=rules["source"],
        suites=levels,
        rules=rules,
        beyond=tuple(rules["beyond"]),
    )


def standings(tls: TlsFacts, certificates: Iterable[CertificateFacts]) -> tuple[Standing, ...]:
    """How an address stands to each profile. ``certificates`` are those that it showed."""
    shown = tuple(certificates)
    return tuple(_standing(profile, tls.shown, shown) for profile in profiles())


type _Said = Iterator[tuple[Level | None, str]]
"""A level with what has it; good is not told, null is what is missing."""


def _standing(profile: Profile, known: Inventory, certificates: tuple[CertificateFacts, ...]) -> Standing:
    told: dict[Level | None, list[str]] = {"insufficient": [], "phase-out": [], None: [], "good": []}
    for rule in _RULES:
        for level, what in rule(profile, known):
            told[level].append(what)
    for certificate in certificates:
        for level, what in _certificate(profile, certificate):
            told[level].append(what)
    if not certificates:
        told[None].append("the certificate")
    fails, phase_out, missing = (tuple(dict.fromkeys(told[at])) for at in ("insufficient", "phase-out", None))
    return Standing(profile=profile, fails=fails, phase_out=phase_out, missing=missing)


def _level(lists: dict[str, list[str]], name: str) -> Level:
    return "good" if name in lists["good"] else "phase-out" if name in lists["phase-out"] else "insufficient"


def _versions(profile: Profile, known: Inventory) -> _Said:
    for version in VERSIONS:
        is_spoken = known.speaks(version)
        if is_spoken:
            yield _level(profile.rules["versions"], version), f"{spoken(version)} is accepted"
        elif is_spoken is False and version in profile.rules["must"]:
            yield "insufficient", f"{spoken(version)} is missing"
        elif is_spoken is None and not (version == "SSLv2" and known.speaks("TLSv1.3")):  # no library has both
            yield None, f"whether {spoken(version)} is accepted"


def _suites(profile: Profile, known: Inventory) -> _Said:
    for suite in known.usable:
        level = profile.suites.get(suite, "insufficient")
        yield level, f"{suite} is accepted"
    if not known.are_suites_complete:
        yield None, "whether other suites than those seen are accepted: only a deep check asks for each"


def _groups(profile: Profile, known: Inventory) -> _Said:
    groups = dict.fromkeys((*known.groups, *known.old_groups))
    lists, one_of = profile.rules["groups"], profile.rules["one_group_of"]
    for group in groups if lists else ():
        if group in lists["unmentioned"]:
            yield "phase-out", f"the group {group} is not mentioned there"
        else:
            yield _level(lists, group), f"the group {group} is accepted"
    if lists and not known.are_all_groups_known:
        yield None, "whether other groups than those seen are accepted: only a deep check asks for each"
    if one_of and groups.keys().isdisjoint(one_of):
        what = f"one of the groups {' and '.join(one_of)}"
        yield (
            ("insufficient", f"{what} must be there")
            if known.are_all_groups_known
            else (None, f"whether {what} is there")
        )


def _finite_field(profile: Profile, known: Inventory) -> _Said:
    rule, is_taken = profile.rules["dh"], known.takes("dhe")
    if is_taken is None or (is_taken and known.dh_bits is None):
        yield None, "how long its DH primes are, if it has any"
    elif is_taken and known.dh_bits is not None:
        is_well = known.dh_bits >= rule["bits"] and (rule["primes"] is None or known.dh_prime in rule["primes"])
        prime = known.dh_prime or "a prime of its own"
        yield rule["level"] if is_well else "insufficient", f"DH with {known.dh_bits} bits ({prime}) is accepted"


def _extensions(profile: Profile, known: Inventory) -> _Said:
    """Compression and the extensions of TLS 1.2 and below; a server of TLS 1.3 alone has no use for them."""
    if set(known.accepted_versions) == {"TLSv1.3"} and known.are_versions_known:
        return
    wanted = profile.rules["extensions"]
    needs_fallback = known.speaks("TLSv1.3") is False and (known.speaks("TLSv1.0") or known.speaks("TLSv1.1"))
    facts: dict[str, tuple[bool | None, str, str]] = {
        "compression": (_not(known.compression), "compression is on", "whether it compresses"),
        "secure_renegotiation": (
            known.secure_renegotiation,
            "secure renegotiation is missing",
            "whether it renegotiates securely",
        ),
        "extended_master_secret": (
            known.extended_master_secret,
            "the extended master secret is missing",
            "whether it has the extended master secret",
        ),
        "heartbeat": (_not(known.heartbeat), "heartbeat is offered", "whether it offers heartbeat"),
        "encrypt_then_mac": (
            known.encrypt_then_mac if known.takes("cbc") is not False else True,
            "CBC suites come without encrypt-then-MAC",
            "whether CBC suites come with encrypt-then-MAC",
        ),
        "fallback_scsv": (
            known.fallback_scsv if needs_fallback else True,
            "a sender pushed to an old version is not noticed",
            "whether it notices a sender that is pushed to an old version: only a deep check asks",
        ),
    }
    for name, level in wanted.items():
        is_well, fault, question = facts[name]
        if is_well is None:
            yield None, question
        elif not is_well:
            yield level, fault


def _signatures(profile: Profile, known: Inventory) -> _Said:
    level = profile.rules["sha1_signatures"]
    if level is None or set(known.accepted_versions) == {"TLSv1.3"}:
        return
    if known.sha1_signatures is None:
        yield None, "whether it signs handshakes with SHA-1: only a deep check asks"
    elif known.sha1_signatures:
        yield level, "handshakes are signed with SHA-1"


def _order(profile: Profile, known: Inventory) -> _Said:
    """The server's own order must rule where there is something to order."""
    if not profile.rules["orders_suites"] or set(known.accepted_versions) == {"TLSv1.3"}:
        return
    lesser = [suite for suite in known.usable if profile.suites.get(suite) != "good"]
    if known.are_suites_complete and not lesser:
        return
    if known.preference is None:
        yield None, "whose order of suites rules"
    elif known.preference == "client" and lesser:
        yield "insufficient", "the sender's order of suites rules, and there are lesser ones"


_RULES: tuple[Callable[[Profile, Inventory], _Said], ...] = (
    _versions,
    _suites,
    _groups,
    _finite_field,
    _extensions,
    _signatures,
    _order,
)


def _certificate(profile: Profile, certificate: CertificateFacts) -> _Said:
    """The server's own certificate; those above it are not looked at here."""
    if certificate.error is not None or certificate.key is None or certificate.signature is None:
        yield None, "what the certificate holds"
        return
    kind, _, size = certificate.key.partition(" ")
    if kind == "RSA" and size.isdigit():
        bits = profile.rules["rsa_bits"]
        least, tolerated = bits["good"], bits["phase-out"] or bits["good"]
        level: Level = "good" if int(size) >= least else "phase-out" if int(size) >= tolerated else "insufficient"
        yield level, f"the certificate's key is RSA with {size} bits"
    elif kind == "EC":
        yield _level(profile.rules["curves_of_keys"], size), f"the certificate's key is on the curve {size}"
    else:
        yield "insufficient", f"the certificate's key is {certificate.key}"
    signature = certificate.signature.lower()
    named = next((name for name in ("sha512", "sha384", "sha256", "sha224") if name in signature), signature)
    yield _level(profile.rules["hashes"], named), f"the certificate is signed with {certificate.signature}"
    most, begins, ends = profile.rules["validity_days"], certificate.not_before, certificate.not_after
    if most is not None and begins and ends and (ends - begins).days > most:
        yield "insufficient", f"the certificate is valid for more than {most} days"


def _not(flag: bool | None) -> bool | None:
    return None if flag is None else not flag


def spoken(version: str) -> str:
    """``TLS 1.2`` for ``TLSv1.2``."""
    return version.replace("TLSv", "TLS ")
