"""A resolver that answers from a table, and can fail, alias and claim DNSSEC as real DNS does.

The one rule of this file: a name that isn't in the table is NXDOMAIN, but one that has another type, or names below
it (an empty non-terminal), is NODATA (RFC 1034 section 4.3.2, RFC 8020 section 2).
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Literal

from checker.names import DomainName, IPAddress, host_name, wire_labels
from checker.network.bounds import Bounds
from checker.network.ports import Answer, CaaRecord, LookUp, MxRecord, Security, TlsaRecord, TxtRecord
from checker.network.zone_signing import DsRecord, ZoneKey, ZoneSigning
from checker.observation import Failed, FailureKind, Seen


class Told(StrEnum):
    """What a table can say in place of records."""

    NODATA = "NODATA"
    NXDOMAIN = "NXDOMAIN"
    SERVFAIL = "SERVFAIL"
    REFUSED = "REFUSED"
    TIMEOUT = "TIMEOUT"
    BOGUS = "BOGUS"


type Entry = (
    str
    | Sequence[str | Sequence[str]]
    | Sequence[tuple[int, str]]
    | Sequence[tuple[int, str, str]]
    | Sequence[tuple[int, int, int, str]]
)
"""Addresses for A and AAAA; (preference, host) for MX; the target for CNAME; texts for TXT, each whole or as its
character-strings; the four fields of TLSA, the three of CAA; or, as a plain string, a ``Told``."""

type _RRsets[R] = Mapping[DomainName, Told | tuple[R, ...]]

_FAILURES = {
    Told.SERVFAIL: Failed(FailureKind.SERVFAIL, "The resolver could not get an answer."),
    Told.REFUSED: Failed(FailureKind.RESOLVER_REFUSED, "The resolver refused the question."),
    Told.TIMEOUT: Failed(FailureKind.RESOLVER_TIMEOUT, "The resolver did not answer in time."),
    Told.BOGUS: Failed(FailureKind.BOGUS, "The answer fails DNSSEC validation."),
}


class TableResolver:
    """The Resolver port over ``{"NAME TYPE": entry}``, such as ``{"example.test MX": [(10, "mx.example.test")]}``.

    Names are in A-labels, with or without a trailing dot. ``security`` is by zone: the nearest zone at or above a
    name decides, and an alias chain is as secure as its weakest link; where no zone says anything it is null.
    ``ttl`` is in seconds. ``signing`` is by zone too; one of which it says nothing is signed as its security asks for.
    Raises ValueError for a table that makes no sense.
    """

    def __init__(
        self,
        table: Mapping[str, Entry],
        security: Mapping[str, Security] | None = None,
        ttl: int = 300,
        bounds: Bounds | None = None,
        signing: Mapping[str, ZoneSigning] | None = None,
    ) -> None:
        self._aliases: dict[DomainName, DomainName] = {}
        self._mx: dict[DomainName, Told | tuple[MxRecord, ...]] = {}
        self._addresses: dict[int, dict[DomainName, Told | tuple[IPAddress, ...]]] = {4: {}, 6: {}}
        self._txt: dict[DomainName, Told | tuple[TxtRecord, ...]] = {}
        self._tlsa: dict[DomainName, Told | tuple[TlsaRecord, ...]] = {}
        self._caa: dict[DomainName, Told | tuple[CaaRecord, ...]] = {}
        for key, entry in table.items():
            self._add(key, entry)
        self._zones = {_name(zone): state for zone, state in (security or {}).items()}
        self._signing = {_name(zone): signing for zone, signing in (signing or {}).items()}
        self._ttl = ttl
        self._depth = (bounds or Bounds()).cname_depth

    async def look_up_mx(self, name: DomainName) -> LookUp[MxRecord]:
        """The MX RRset of a name, through aliases."""
        return self._answer(name, self._mx)

    async def look_up_addresses(self, name: DomainName, family: Literal[4, 6]) -> LookUp[IPAddress]:
        """The A (4) or AAAA (6) RRset of a name, through aliases."""
        return self._answer(name, self._addresses[family])

    async def look_up_txt(self, name: DomainName) -> LookUp[TxtRecord]:
        """The TXT RRset of a name, through aliases."""
        return self._answer(name, self._txt)

    async def look_up_tlsa(self, name: DomainName) -> LookUp[TlsaRecord]:
        """The TLSA RRset of a name, through aliases."""
        return self._answer(name, self._tlsa)

    async def look_up_caa(self, name: DomainName) -> LookUp[CaaRecord]:
        """The CAA RRset of a name, through aliases."""
        return self._answer(name, self._caa)

    async def look_up_alias(self, name: DomainName) -> LookUp[DomainName]:
        """The target of the name's own CNAME record."""
        return self._answer(name, {owner: (target,) for owner, target in self._aliases.items()})

    async def look_up_zone(self, name: DomainName) -> Seen[DomainName] | Failed:
        """The nearest zone of which the table says whether it is signed; else the last two labels."""
        above = (DomainName(name.split(".", n)[-1]) for n in range(name.count(".") + 1))
        return Seen(next((zone for zone in above if zone in self._zones), DomainName(".".join(name.split(".")[-2:]))))

    async def look_up_signing(self, zone: DomainName) -> Seen[ZoneSigning] | Failed:
        """As the table says, or as a zone of this security is signed: bogus where its parent names another key."""
        security = self._zones.get(zone)
        is_signed = security in ("secure", "bogus")
        usual = ZoneSigning(
            zone=zone,
            ds=(DsRecord(4711, 13, 2, has_key=security == "secure"),) if is_signed else (),
            keys=(ZoneKey(4711 if security == "secure" else 4712, 13),) if is_signed else (),
        )
        return Seen(self._signing.get(zone, usual))

    async def validates(self) -> bool | None:
        """The table says of some zone whether it is signed."""
        return bool(self._zones)

    def _add(self, key: str, entry: Entry) -> None:
        text, _, rdtype = key.rpartition(" ")
        name = _name(text)
        match rdtype:
            case "CNAME":
                self._aliases[name] = _name(str(entry))
            case "MX":
                self._mx[name] = _told_or(entry, lambda row: MxRecord(int(row[0]), _name(row[1])))
            case "A":
                self._addresses[4][name] = _told_or(entry, IPv4Address)
            case "AAAA":
                self._addresses[6][name] = _told_or(entry, IPv6Address)
            case "TXT":
                self._txt[name] = _told_or(
                    entry, lambda text: TxtRecord((text,) if isinstance(text, str) else tuple(text))
                )
            case "TLSA":
                self._tlsa[name] = _told_or(entry, lambda row: TlsaRecord(*row))
            case "CAA":
                self._caa[name] = _told_or(entry, lambda row: CaaRecord(*row))
            case _:
                raise ValueError(f"{key}: the type must be MX, A, AAAA, TXT, TLSA, CAA or CNAME")

    def _answer[R](self, name: DomainName, rrsets: _RRsets[R]) -> LookUp[R]:
        chain = [name]
        while chain[-1] not in rrsets and (target := self._aliases.get(chain[-1])) is not None:
            if target in chain or len(chain) > self._depth:
                return Failed(FailureKind.ALIAS_CHAIN, f"The aliases of {name} never end, or are too many to follow.")
            chain.append(target)
        found = rrsets.get(chain[-1]) or (Told.NODATA if self._exists(chain[-1]) else Told.NXDOMAIN)
        security = self._security_of(chain)
        if security == "bogus":
            found = Told.BOGUS
        if isinstance(found, Told) and found in _FAILURES:
            return _FAILURES[found]
        records = () if isinstance(found, Told) else found
        return Seen(
            Answer(
                rcode="nxdomain" if found is Told.NXDOMAIN else "noerror",
                records=records,
                aliases=tuple(chain[1:]),
                ttl=self._ttl if records else None,
                security=security,
            )
        )

    def _exists(self, name: DomainName) -> bool:
        """The name, or one below it, owns something."""
        owners = set(self._aliases) | _owners(self._mx) | _owners(self._txt)
        owners |= _owners(self._addresses[4]) | _owners(self._addresses[6])
        owners |= _owners(self._tlsa) | _owners(self._caa)
        return any(owner == name or owner.endswith(f".{name}") for owner in owners)

    def _security_of(self, chain: Sequence[DomainName]) -> Security | None:
        states = [self._zone_state(name) for name in chain]
        if None in states:
            return None
        return max(states, key=("secure", "insecure", "bogus").index)

    def _zone_state(self, name: DomainName) -> Security | None:
        while name:
            if name in self._zones:
                return self._zones[name]
            name = DomainName(name.partition(".")[2])
        return self._zones.get(name)


def _owners(rrsets: _RRsets[Any]) -> set[DomainName]:
    return {owner for owner, found in rrsets.items() if found is not Told.NXDOMAIN}


def _name(text: str) -> DomainName:
    """A table's name, whatever it holds: addresses and other nonsense stand in MX records too."""
    return host_name(wire_labels(text.removesuffix(".")))


def _told_or[R](entry: Entry, record: Callable[[Any], R]) -> Told | tuple[R, ...]:
    return Told(entry) if isinstance(entry, str) else tuple(record(row) for row in entry)
