"""What follows from a server's TLSA records by themselves (RFC 7671, RFC 7672; requirements DANE-2 to DANE-31).

The one rule of this file: whether they fit the certificate is asked elsewhere; here they are judged as published.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from checker.dane.facts import DaneFacts, tlsa_name
from checker.dane.settled import Settled, settle
from checker.dane.tlsa import (
    DANE_EE,
    DANE_TA,
    FULL,
    PKIX_EE,
    PKIX_TA,
    PUBLIC_KEY,
    SHA_256,
    SHA_512,
    WHOLE_CERTIFICATE,
    why_unusable,
    written,
)
from checker.finding import Finding, Param, Rule, Subject
from checker.listing import joined
from checker.names import DomainName
from checker.network.ports import TlsaRecord
from checker.observation import Failed, Seen

LONG_TTL_S = 86400
_NAMED = 4  # records in one sentence
_SHOWN = 16  # characters of a record's data
_FIXED_OCTETS = 15  # of each record in an answer: a pointer to its name, type, class, TTL, length and three numbers
_ROOM_OCTETS = 1100  # for records in an answer that still fits one packet, beside its question and signature


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRecords:
    """The TLSA look-ups of one server, and what a sender makes of them."""

    host: DomainName
    facts: DaneFacts

    @property
    def settled(self) -> Settled:
        """Which records count."""
        return settle(self.facts)

    @property
    def usable(self) -> tuple[TlsaRecord, ...]:
        """Each record that counts once: order and repetition mean nothing (DANE-30)."""
        return tuple(dict.fromkeys(self.settled.usable))

    def finding(self, code: str, **params: Param) -> Finding:
        """A finding about this server; ``name`` is where the records stand."""
        name = tlsa_name(self.settled.base or self.host)
        return Finding(code, {"name": name, **params}, Subject(host=self.host))


def records_are_known(server: ServerRecords) -> Iterator[Finding]:
    """A look-up that fails stops every sender that obeys DANE, but where none asks (DANE-2, DANE-3, DANE-10)."""
    if server.facts.addresses == "bogus":
        return  # said of the addresses: no sender comes as far as this
    settled = server.settled
    if settled.status == "failed" and settled.failure is not None:
        yield server.finding("dane-look-up-fails", why=settled.failure.detail)
    elif settled.status in ("absent", "insecure"):
        answers = (candidate.answer for candidate in server.facts.candidates)
        failed = [answer for answer in answers if isinstance(answer, Failed) and answer.meets_everybody]
        if failed:
            yield server.finding("dane-look-up-fails-unasked", why=failed[0].detail)


def records_have_effect(server: ServerRecords) -> Iterator[Finding]:
    """They are signed, and so are the addresses (DANE-3)."""
    settled = server.settled
    if settled.status == "insecure":
        yield server.finding("dane-without-dnssec", records=_named(settled.records))


def records_are_usable(server: ServerRecords) -> Iterator[Finding]:
    """Each of them; a sender leaves the others aside (DANE-10, DANE-20, DANE-21)."""
    settled = server.settled
    if settled.status not in ("usable", "unusable"):
        return
    unusable = [record for record in dict.fromkeys(settled.records) if why_unusable(record) is not None]
    not_for_mail = [record for record in unusable if record.usage in (PKIX_TA, PKIX_EE)]
    malformed = [record for record in unusable if record not in not_for_mail]
    if settled.status == "unusable":
        yield server.finding("dane-none-usable", faults=_faults(unusable))
        return
    if malformed:
        yield server.finding("dane-record-unusable", faults=_faults(malformed))
    if not_for_mail:
        yield server.finding("dane-usage-not-for-mail", records=_named(not_for_mail))


def records_are_of_the_best_kinds(server: ServerRecords) -> Iterator[Finding]:
    """Those that survive a renewal and that every sender reads (DANE-22 to DANE-25)."""
    usable = server.usable
    whole = [record for record in usable if (record.usage, record.selector) == (DANE_EE, WHOLE_CERTIFICATE)]
    by_key = [record for record in usable if (record.usage, record.selector) == (DANE_TA, PUBLIC_KEY)]
    full = [record for record in usable if record.matching == FULL]
    if whole:
        yield server.finding("dane-whole-certificate", records=_named(whole))
    if by_key:
        yield server.finding("dane-issuer-by-key", records=_named(by_key))
    if full:
        yield server.finding("dane-full-data", records=_named(full))
    if usable and all(record.matching == SHA_512 for record in usable):
        yield server.finding("dane-sha512-only")


def digests_cover_the_same(server: ServerRecords) -> Iterator[Finding]:
    """Where two digests stand side by side, senders go by the stronger alone (DANE-27)."""
    counts: dict[tuple[int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for record in server.usable:
        counts[record.usage, record.selector][record.matching] += 1
    for (usage, selector), of in counts.items():
        if SHA_256 in of and SHA_512 in of and of[SHA_256] != of[SHA_512]:
            kind = f"{usage} {selector}"
            yield server.finding("dane-digests-differ", kind=kind, weaker=of[SHA_256], stronger=of[SHA_512])


def next_key_can_come(server: ServerRecords) -> Iterator[Finding]:
    """A second record is there for the time when the key changes (DANE-28)."""
    usable = server.usable
    own = [record for record in usable if record.usage == DANE_EE]
    if not own:
        return
    if is_prepared(usable):
        yield server.finding("dane-rollover-prepared", records=_named(usable))
    elif own[0].selector == PUBLIC_KEY:
        yield server.finding("dane-single-key", records=_named(own))


def is_prepared(usable: tuple[TlsaRecord, ...]) -> bool:
    """Two records of usage 3, or one beside an issuer's: a new key can be announced, or is covered already.

    The same key by another digest is no second one (RFC 7671 section 8).
    """
    kinds: dict[tuple[int, int, int], int] = defaultdict(int)
    for record in usable:
        kinds[record.usage, record.selector, record.matching] += 1
    own = [count for (usage, _, _), count in kinds.items() if usage == DANE_EE]
    has_issuer = any(usage == DANE_TA for usage, _, _ in kinds)
    return bool(own) and (has_issuer or max(own) > 1)


def answers_are_handy(server: ServerRecords) -> Iterator[Finding]:
    """Senders forget an old answer soon, and the answer fits one packet (DANE-29, DANE-31)."""
    settled = server.settled
    if settled.status not in ("usable", "unusable"):
        return
    if settled.ttl is not None and settled.ttl > LONG_TTL_S:
        yield server.finding("dane-ttl-long", hours=settled.ttl // 3600)
    octets = sum(_FIXED_OCTETS + len(record.data) // 2 for record in settled.records)
    if octets > _ROOM_OCTETS:
        yield server.finding("dane-answer-large", octets=octets)


def names_are_no_aliases(server: ServerRecords) -> Iterator[Finding]:
    """Under an alias, records stand at its end or at its start (DANE-5, DANE-6)."""
    link, settled = server.facts.alias, server.settled
    if isinstance(link, Seen) and link.value.records and settled.status in ("usable", "unusable"):
        yield server.finding("dane-at-alias", base=settled.base or server.host)


RULES: tuple[Rule[ServerRecords], ...] = (
    records_are_known,
    records_have_effect,
    records_are_usable,
    records_are_of_the_best_kinds,
    digests_cover_the_same,
    next_key_can_come,
    answers_are_handy,
    names_are_no_aliases,
)


def _named(records: tuple[TlsaRecord, ...] | list[TlsaRecord]) -> str:
    return joined((f"“{written(record, _SHOWN)}”" for record in records), _NAMED)


def _faults(records: list[TlsaRecord]) -> str:
    told = [f"“{written(record, _SHOWN)}”: {why_unusable(record)}" for record in records[:_NAMED]]
    more = len(records) - _NAMED
    return " ".join([*told, *([f"There are {more} more such records."] if more > 0 else [])])
