"""TLSA records that fit what the servers show now, and removals of those that no sender can use (RFC 7671, RFC 7672).

The one rule of this file: a record that fits, or may be of a key to come, is never taken away before another one fits.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from checker.assessment.dane_rules import certificates_at, fits
from checker.assessment.dane_state import chain_of
from checker.assessment.judged import Judged
from checker.assessment.states import DomainState, ServerState
from checker.dane.facts import tlsa_name
from checker.dane.matching import associations
from checker.dane.tlsa import (
    DANE_EE,
    DANE_TA,
    FULL,
    PKIX_EE,
    PKIX_TA,
    PUBLIC_KEY,
    SHA_256,
    SHA_512,
    why_unusable,
    written,
)
from checker.names import DomainName
from checker.network.ports import TlsaRecord
from checker.remedies.builder import Builder
from checker.remedies.remedy import DnsRecord, Fix
from checker.remedies.values import is_owner_name

_DIGEST = "<the SHA-256 digest of the server's public key, in hex>"
_KINDS = (DANE_EE, PUBLIC_KEY, SHA_256)


def own_keys(state: DomainState, server: ServerState, kind: tuple[int, int, int] = _KINDS) -> tuple[TlsaRecord, ...]:
    """A record of this usage, selector and digest for each certificate that the server's addresses show."""
    leaves = (certificate for at in server.tried for certificate in certificates_at(state, server, at))
    found = (_association(chain_of(leaf)[0], kind) for leaf in leaves)
    return tuple(dict.fromkeys(record for record in found if record is not None))


def _association(leaf: bytes, kind: tuple[int, int, int]) -> TlsaRecord | None:
    usage, selector, matching = kind
    data = associations(leaf).get((selector, matching))
    return TlsaRecord(usage, selector, matching, data) if data else None


def _publish(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The record of each key that is shown now, by each digest that senders go by. Then those go that fit nothing, but
    for records of the same kind, which may be of a key to come.
    """
    return tuple(fix for server in _servers(judged, state) for fix in _published(state, server))


def _published(state: DomainState, server: ServerState) -> Iterator[DnsRecord]:
    usable = server.dane.settled.usable
    leaves = [leaf for at in server.tried for leaf in certificates_at(state, server, at)]
    old = [r for r in usable if _kind(r) != _KINDS and not any(fits(state, server, [r], leaf) for leaf in leaves)]
    digests = {r.matching for r in usable if (r.usage, r.selector) == (DANE_EE, PUBLIC_KEY) and r not in old}
    kinds = [(DANE_EE, PUBLIC_KEY, digest) for digest in sorted({SHA_256} | digests - {FULL})]
    new = [record for kind in kinds for record in own_keys(state, server, kind)]
    yield from _changed(server, [], [record for record in new if record not in usable])
    if new:
        yield from _changed(server, old, [])
    else:
        yield from _placeholder(server)


def _publish_instead(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The right record first, then those go that no sender can use."""
    server = _server(judged, state)
    unusable = [record for record in server.dane.settled.records if why_unusable(record) is not None]
    return *_published(state, server), *_changed(server, unusable, [])


def _remove_unusable(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    server = _server(judged, state)
    malformed = [r for r in server.dane.settled.records if why_unusable(r) and r.usage not in (PKIX_TA, PKIX_EE)]
    return (*_changed(server, malformed, []),)


def _remove_other_usages(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    server = _server(judged, state)
    return (*_changed(server, [r for r in server.dane.settled.records if r.usage in (PKIX_TA, PKIX_EE)], []),)


def _digest_instead(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """Of a key of the server the digest says the same. An issuer given in full need not be sent, so that the server's
    own key has to stand for it.
    """
    server = _server(judged, state)
    usable = server.dane.settled.usable
    full = [record for record in usable if record.matching == FULL]
    own = [record for record in full if record.usage == DANE_EE]
    digests = [_digested(record) for record in own]
    if len(own) < len(full):
        digests += own_keys(state, server)
    new = [record for record in dict.fromkeys(digests) if record not in usable]
    return *_changed(server, [], new), *_changed(server, full, [])


def _digested(record: TlsaRecord) -> TlsaRecord:
    digest = hashlib.sha256(bytes.fromhex(record.data)).hexdigest()
    return TlsaRecord(record.usage, record.selector, SHA_256, digest)


def _add_sha256(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """Beside the others, for each key that is shown now."""
    server = _server(judged, state)
    return (*_changed(server, [], own_keys(state, server)),) or (*_placeholder(server),)


def _one_digest(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """SHA-256 for what is shown now, and then SHA-512 goes: it would forbid a key that only SHA-256 covers."""
    server = _server(judged, state)
    usable = server.dane.settled.usable
    stronger = [r for r in usable if r.matching == SHA_512 and f"{r.usage} {r.selector}" == judged.params.get("kind")]
    kind = stronger[0] if stronger else None
    if kind is None or kind.usage == DANE_TA:
        return (*_changed(server, stronger, []),)
    shown = own_keys(state, server, (kind.usage, kind.selector, SHA_256))
    return (*_changed(server, [], [r for r in shown if r not in usable]), *_changed(server, stronger, []))


def _fill_each_kind(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """Of the server's own keys one more record; an issuer that is no longer used goes."""
    server = _server(judged, state)
    named = judged.params["kinds"]
    kinds = dict.fromkeys(map(_kind, server.dane.settled.usable))
    idle = [kind for kind in kinds if isinstance(named, list) and " ".join(map(str, kind)) in named]
    own = [kind for kind in idle if kind[0] == DANE_EE and kind[2] != FULL]
    new = [record for kind in own for record in own_keys(state, server, kind)]
    others = [kind for kind in idle if kind not in own]
    old = [r for r in server.dane.settled.usable if _kind(r) in others]
    return *_changed(server, [], new), *_changed(server, old, [])


def _kind(record: TlsaRecord) -> tuple[int, int, int]:
    return record.usage, record.selector, record.matching


def _placeholder(server: ServerState) -> Iterator[DnsRecord]:
    """Where no certificate was seen, its digest is left open."""
    value = " ".join(map(str, _KINDS))
    if (owner := _owner(server)) is not None:
        yield DnsRecord(name=owner, rdtype="TLSA", value=f"{value} {_DIGEST}", marked=f"{value} {_DIGEST}")


def _changed(server: ServerState, removed: Iterable[TlsaRecord], added: Iterable[TlsaRecord]) -> Iterator[DnsRecord]:
    owner = _owner(server)
    if owner is None:
        return
    for record in dict.fromkeys(added):
        yield DnsRecord(name=owner, rdtype="TLSA", value=written(record), marked=written(record))
    for record in dict.fromkeys(removed):
        yield DnsRecord(name=owner, rdtype="TLSA", value=written(record), is_removal=True)


def _owner(server: ServerState) -> DomainName | None:
    """Where the records stand: at the end of an alias, if there is one. Null for a name that can't be pasted."""
    settled = server.dane.settled
    owner = settled.owner or tlsa_name(settled.base or server.host)
    return owner if is_owner_name(owner) else None


def _servers(judged: Judged, state: DomainState) -> Iterator[ServerState]:
    """The server of the finding, or those that it names."""
    hosts = judged.params.get("hosts", [])
    named = [str(host) for host in hosts] if isinstance(hosts, list) else []
    signed = {server.host for server in state.facts.servers if server.dane.addresses == "secure"}
    for server in state.servers:
        if server.host == judged.subject.host or (server.host in named and server.host in signed):
            yield server


def _server(judged: Judged, state: DomainState) -> ServerState:
    return next(server for server in state.servers if server.host == judged.subject.host)


FIXES: Mapping[str, Builder] = {
    "dane-no-match": _publish,
    "dane-expired": _publish,
    "dane-not-yet-valid": _publish,
    "dane-wrong-name": _publish,
    "dane-not-trusted": _publish,
    "dane-other-key-fails": _publish,
    "dane-partial": _publish,
    "dane-possible": _publish,
    "dane-whole-certificate": _publish,
    "dane-none-usable": _publish_instead,
    "dane-record-unusable": _remove_unusable,
    "dane-usage-not-for-mail": _remove_other_usages,
    "dane-full-data": _digest_instead,
    "dane-sha512-only": _add_sha256,
    "dane-digests-differ": _one_digest,
    "dane-kind-unmatched": _fill_each_kind,
}
