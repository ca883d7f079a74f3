"""From answers to facts: the inventory that is stored, judged and shown.

The one rule of this file: nothing is concluded that ``known`` doesn't settle; what no answer speaks of stays null.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Literal

from checker.certificates.facts import chain_id
from checker.tls.answer import Accepted, AcceptedSslv2, Rejected, Unclear
from checker.tls.facts import AskedQuestion, Inventory, VersionSuites
from checker.tls.handshake import DEFLATE, Extension
from checker.tls.known import VERSION_NAMES, Asked, Known, Offer
from checker.tls.plan import PLAN
from checker.tls.primes import prime_name
from checker.tls.registry import GROUPS, VERSIONS, group_name, sslv2_suites, suite_name, suites

_ASKS = {row.name: row.asks for row in PLAN}


def concluded(known: Known, missing: Sequence[str] = (), connections: int = 0) -> Inventory:
    """The facts. ``missing`` says what could not be asked, beside what had no clear answer."""
    versions, kinds = known.versions, known.kinds
    dh_bits, dh_prime = _finite_field(known)
    return Inventory(
        accepted_versions=tuple(version for version, is_so in versions.items() if is_so),
        rejected_versions=tuple(version for version, is_so in versions.items() if not is_so),
        suites=tuple(_suites_by_version(known)),
        accepted_kinds=tuple(kind for kind, is_so in kinds.items() if is_so),
        rejected_kinds=tuple(kind for kind, is_so in kinds.items() if not is_so),
        groups=tuple(map(group_name, known.groups)),
        groups_complete=known.are_groups_complete,
        old_groups=tuple(map(group_name, known.old_groups)),
        old_groups_complete=known.are_old_groups_complete,
        post_quantum=_post_quantum(known),
        weak_group=_weak_group(known),
        preference=_preference(known),
        dh_bits=dh_bits,
        dh_prime=dh_prime,
        compression=_any_hello(known, lambda hello: hello.hello.compression == DEFLATE),
        secure_renegotiation=_echoed(known, Extension.RENEGOTIATION_INFO),
        extended_master_secret=_echoed(known, Extension.EXTENDED_MASTER_SECRET),
        encrypt_then_mac=_encrypts_then_macs(known),
        heartbeat=_any_hello(known, lambda hello: Extension.HEARTBEAT in hello.hello.extensions),
        chains=tuple(dict.fromkeys(chain_id(sent) for sent in chains(known))),
        asked=tuple(map(_in_words, known.asked)),
        missing=(*missing, *_unanswered(known)),
        connections=connections,
    )


def chains(known: Known) -> list[tuple[bytes, ...]]:
    """Every chain that came with an answer, in DER as sent, each once."""
    sent = [answer.chain for answer in _accepted(known) if answer.chain]
    return list(dict.fromkeys(sent))


def _accepted(known: Known) -> list[Accepted]:
    return [one.answer for one in known.asked if isinstance(one.answer, Accepted)]


def _hellos(known: Known) -> list[Accepted]:
    """Answers to hellos of our own up to TLS 1.2, where extensions are in clear and were all offered."""
    return [
        one.answer
        for one in known.asked
        if isinstance(one.answer, Accepted) and not one.offer.completes and 0x0301 <= one.answer.hello.version < 0x0304
    ]


def _any_hello(known: Known, is_so: Callable[[Accepted], bool]) -> bool | None:
    hellos = _hellos(known)
    return any(map(is_so, hellos)) if hellos else None


def _echoed(known: Known, extension: Extension) -> bool | None:
    """Does it take part in what every one of our hellos offered?"""
    hellos = _hellos(known)
    return all(extension in hello.hello.extensions for hello in hellos) if hellos else None


def _encrypts_then_macs(known: Known) -> bool | None:
    """Only an answer with a CBC suite shows it (RFC 7366 section 3)."""
    block = [hello for hello in _hellos(known) if (s := suites().get(hello.hello.suite)) and "cbc" in s.kinds]
    return all(Extension.ENCRYPT_THEN_MAC in hello.hello.extensions for hello in block) if block else None


def _finite_field(known: Known) -> tuple[int | None, str | None]:
    primes = [
        hello.key_exchange.prime
        for hello in _hellos(known)
        if hello.key_exchange and hello.key_exchange.prime and "anonymous" not in suites()[hello.hello.suite].kinds
    ]
    smallest = min(primes, default=None)
    return (None, None) if smallest is None else (smallest.bit_length(), prime_name(smallest))


def _post_quantum(known: Known) -> bool | None:
    if any(GROUPS[group].kind == "post-quantum" for group in known.groups if group in GROUPS):
        return True
    if known.versions.get("TLSv1.3") is False or known.was_rejected("post-quantum"):
        return False
    return None


def _weak_group(known: Known) -> bool | None:
    """A server may choose a curve that was not offered: that is odd, but not a weak one."""
    if any(group not in GROUPS or GROUPS[group].is_weak for group in known.old_groups):
        return True
    return False if known.was_rejected("weak-groups") else None


def _preference(known: Known) -> Literal["server", "client"] | None:
    worst, best = known.chosen("worst-first"), known.chosen("best-first")
    if worst is None or best is None:
        return None
    return "server" if worst.hello.suite == best.hello.suite else "client"


def _suites_by_version(known: Known) -> list[VersionSuites]:
    found = [
        VersionSuites(
            version=version,
            suites=tuple(map(suite_name, known.suites_of(version))),
            is_complete=version in known.complete_versions,
        )
        for version in VERSIONS[1:]
        if known.suites_of(version)
    ]
    old = [one.answer.specs for one in known.asked if isinstance(one.answer, AcceptedSslv2)]
    specs = tuple(sslv2_suites().get(spec, f"0x{spec:06X}") for spec in dict.fromkeys(chain.from_iterable(old)))
    return [VersionSuites(version="SSLv2", suites=specs, is_complete=True), *found] if specs else found


def _unanswered(known: Known) -> list[str]:
    """Questions of which no connection had a clear answer."""
    unclear = {one.question: one.answer for one in known.asked if isinstance(one.answer, Unclear)}
    return [
        f"{_ASKS[name]}: {answer.failed.detail or answer.failed.failure}"
        for name, answer in unclear.items()
        if not known.has_answered(name)
    ]


def _in_words(one: Asked) -> AskedQuestion:
    return AskedQuestion(asks=_ASKS[one.question], offer=_offered(one.offer), answer=_answered(one))


def _offered(offer: Offer) -> str:
    version = _spoken(offer.version)
    if offer.completes:
        return f"{version}, only {suite_name(offer.suites[0])}, to the end"
    count = f"{len(offer.suites)} suite{'s' * (len(offer.suites) != 1)}"
    return f"{version}{' or older' * (0x0300 < offer.version < 0x0304)}, {count}"


def _answered(one: Asked) -> str:
    match one.answer:
        case Accepted(hello=hello, key_exchange=exchange):
            group = hello.group or (exchange.group if exchange else None)
            prime = exchange.prime if exchange else None
            by = f", {group_name(group)}" if group else f", DH with {prime.bit_length()} bits" if prime else ""
            return f"{_spoken(hello.version)}, {suite_name(hello.suite)}{by}"
        case AcceptedSslv2(specs):
            return f"SSLv2, {len(specs)} suites"
        case Rejected(alert):
            return f"No (TLS alert {alert})"
        case Unclear(failed):
            return f"Unclear: {failed.detail or failed.failure}"


def _spoken(version: int) -> str:
    name = VERSION_NAMES.get(version)
    return name.replace("TLSv", "TLS ") if name else f"version 0x{version:04X}"
