"""From answers to facts: the inventory that is stored, judged and shown.

The one rule of this file: nothing is concluded that ``known`` doesn't settle; what no answer speaks of stays null.
"""

from collections.abc import Callable, Sequence
from itertools import chain

from checker.certificates.facts import chain_id
from checker.network.bounds import CHAINS_KEPT, QUESTION_TRIES
from checker.tls.answer import Accepted, AcceptedSslv2, Incomplete, Rejected, Renegotiated, Replied, Unclear
from checker.tls.facts import AskedQuestion, Inventory, NameOutcome, VersionSuites
from checker.tls.handshake import DEFLATE, Extension
from checker.tls.known import Asked, Known
from checker.tls.offer import FALLBACK, VERSION_NAMES, Offer
from checker.tls.plan import PLAN
from checker.tls.primes import prime_name
from checker.tls.registry import (
    GROUPS,
    VERSIONS,
    group_name,
    is_sha1_signature,
    sslv2_suites,
    suite_name,
    suites,
)

_INAPPROPRIATE_FALLBACK = 86
_FAILURE_TELLS = ("unknown-name", "no-name", "large-hello")  # rows where it is an answer that TLS fails
_HIDDEN = "the server prefers the curve of its certificate, which hides the others"
_CONTRADICTION = "the server’s answers contradict each other"
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
        preference=known.preference,
        dh_bits=dh_bits,
        dh_prime=dh_prime,
        compression=_any_hello(known, lambda hello: hello.hello.compression == DEFLATE),
        secure_renegotiation=_echoed(known, Extension.RENEGOTIATION_INFO),
        extended_master_secret=_echoed(known, Extension.EXTENDED_MASTER_SECRET),
        encrypt_then_mac=_encrypts_then_macs(known),
        heartbeat=_any_hello(known, lambda hello: Extension.HEARTBEAT in hello.hello.extensions),
        unknown_name=_under_another_name(known, "unknown-name"),
        no_name=_under_another_name(known, "no-name"),
        sha1_signatures=_signs_with_sha1(known),
        large_hello=None if (fails := known.fails("large-hello")) is None else not fails,
        fallback_scsv=_refuses_fallback(known),
        client_renegotiation=_renegotiates(known),
        plaintext_injection=_injects(known),
        chains=tuple(dict.fromkeys(chain_id(sent) for sent in chains(known))),
        asked=tuple(map(_in_words, known.asked)),
        missing=tuple(dict.fromkeys((*missing, *_unanswered(known)))),
        connections=connections,
    )


def chains(known: Known) -> list[tuple[bytes, ...]]:
    """The chains that came with answers under the server's own name, in DER as sent, each once."""
    answers = [one.answer for one in known.asked if one.offer.sni == "host" and isinstance(one.answer, Accepted)]
    return list(dict.fromkeys(answer.chain for answer in answers if answer.chain))[:CHAINS_KEPT]


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
    """One of the server's own making counts too. Where a sound curve had to be offered last, whose order decides?"""
    if any(group not in GROUPS or GROUPS[group].is_weak for group in known.old_groups):
        return True
    if known.ends_with_needed_curve("weak-groups"):
        return False if known.preference == "client" else None
    with_rsa = any(suite.is_elliptic and suite.proof == "RSA" for suite in known.accepted)
    is_telling = known.needed_curve is not None or with_rsa or known.proofs.get("ECDSA") is False
    return False if is_telling and known.was_rejected("weak-groups") else None


def _under_another_name(known: Known, row: str) -> NameOutcome | None:
    answer = known.chosen(row)
    if answer is None or known.first is None:
        return "failed" if known.fails(row) else None
    return "same" if (chain_id(answer.chain) if answer.chain else None) == known.first.chain else "other"


def _signs_with_sha1(known: Known) -> bool | None:
    """A server that signs with something better, though that was not offered, is no worse for it."""
    exchange = answer.key_exchange if (answer := known.chosen("sha1-signatures")) else None
    if exchange is not None and exchange.scheme is not None:
        return is_sha1_signature(exchange.scheme)
    return (
        False
        if any(one.question == "sha1-signatures" and isinstance(one.answer, Rejected) for one in known.asked)
        else None
    )


def _refuses_fallback(known: Known) -> bool | None:
    answers = [one.answer for one in known.asked if one.question == "fallback"]
    if any(isinstance(answer, Accepted) for answer in answers):
        return False
    return True if Rejected(_INAPPROPRIATE_FALLBACK) in answers else None


def _renegotiates(known: Known) -> bool | None:
    answers = [one.answer.refusal for one in known.asked if isinstance(one.answer, Renegotiated)]
    return None in answers if answers else None


def _injects(known: Known) -> bool | None:
    """Inside TLS, EHLO and QUIT have two replies: a third one is to what was sent before."""
    replies = [one.answer.replies for one in known.asked if isinstance(one.answer, Replied)]
    return max(replies) > 2 if replies else None


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
    """Questions that were left without a clear answer, or whose answers can't all be true."""
    unclear = {
        one.question: one.answer.failed.detail or one.answer.failed.failure
        for one in known.asked
        if isinstance(one.answer, Unclear)
        and (not known.has_answered(one.question) or known.unclear_tries(one.question, one.offer) >= QUESTION_TRIES)
        and not known.has_answered(one.question, one.offer)
        and not (one.question in _FAILURE_TELLS and known.fails(one.question))
    }
    whole = {
        "groups": known.are_groups_complete,
        "old-groups": known.are_old_groups_complete,
        **{f"suites-{version}": version in known.complete_versions for version in VERSIONS},
    }
    torn = {row: _CONTRADICTION for row, is_whole in whole.items() if known.was_rejected(row) and not is_whole}
    if known.ends_with_needed_curve("old-groups") and not known.are_old_groups_complete:
        torn["old-groups"] = _HIDDEN
    return [f"{_ASKS[row]}: {why}" for row, why in (unclear | torn).items()]


def _in_words(one: Asked) -> AskedQuestion:
    return AskedQuestion(asks=_ASKS[one.question], offer=_offered(one.offer), answer=_answered(one))


def _offered(offer: Offer) -> str:
    version = _spoken(offer.version)
    if offer.act == "inject":
        return "STARTTLS and NOOP in one write, then EHLO and QUIT inside TLS"
    if offer.act == "renegotiate":
        return f"{version} or older, to the end, then another handshake inside it"
    if offer.completes:
        name = {"host": "", "unknown": ", for a name that is not the server’s", "none": ", without a name"}[offer.sni]
        return f"{version}, only {suite_name(offer.suites[0])}, to the end{name}"
    count = len(offer.suites) - (FALLBACK in offer.suites)
    listed = f"{count} suite{'s' * (count != 1)}"
    return f"{version}{' or older' * (0x0300 < offer.version < 0x0304)}, {listed}"


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
        case Incomplete(failed):
            return f"Broken off: {failed.detail or failed.failure}"
        case Renegotiated(refusal):
            return f"Refused: {refusal.detail or refusal.failure}" if refusal else "The second handshake was completed"
        case Replied(0):
            return "TLS did not begin"
        case Replied(replies):
            return f"{replies} replies inside TLS"
        case Unclear(failed):
            return f"Unclear: {failed.detail or failed.failure}"


def _spoken(version: int) -> str:
    name = VERSION_NAMES.get(version)
    return name.replace("TLSv", "TLS ") if name else f"version 0x{version:04X}"
