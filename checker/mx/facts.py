"""What DNS says about where a domain's mail goes."""

from dataclasses import dataclass
from typing import Literal

from checker.names import DomainName, IPAddress
from checker.network.ports import Answer, MxRecord
from checker.observation import PENDING, Failed, Observation, Seen

type MxStatus = Literal["explicit", "implicit", "null-mx", "invalid", "none", "nxdomain", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAddresses:
    """One server by name, and the addresses that DNS has for it."""

    host: DomainName
    preference: int
    ipv4: Observation[Answer[IPAddress]] = PENDING
    ipv6: Observation[Answer[IPAddress]] = PENDING

    @property
    def telling(self) -> tuple[Observation[Answer[IPAddress]], ...]:
        """The look-ups by which its addresses are as safe as they are, or not.

        A denial isn't among them where the other family has addresses: how it is signed matters to nobody then.
        """
        families = (self.ipv4, self.ipv6)
        has_any = any(map(has_addresses, families))
        return tuple(f for f in families if not (has_any and isinstance(f, Seen) and not has_addresses(f)))

    @property
    def aliases(self) -> tuple[DomainName, ...]:
        """The chain by which its addresses were found; empty where it is no alias."""
        chains = (family.value.aliases for family in (self.ipv4, self.ipv6) if isinstance(family, Seen))
        return next((chain for chain in chains if chain), ())


def has_addresses(family: Observation[Answer[IPAddress]]) -> bool:
    """DNS gave some."""
    return isinstance(family, Seen) and bool(family.value.records)


@dataclass(frozen=True, slots=True, kw_only=True)
class MxFacts:
    """The MX answer by preference and name, what it amounts to, and the hosts in the order a sender tries them.

    ``hosts``: each name once, by best preference and then name; the domain itself at preference 0 for an implicit
    MX; empty for null-mx, none, nxdomain and failed. ``status`` is null until the answer is in. ``invalid`` is a
    null MX beside others (RFC 7505 section 3): ``hosts`` are the others. ``own_addresses``: those of the domain,
    asked for only where it has no MX.
    """

    answer: Observation[Answer[MxRecord]] = PENDING
    status: MxStatus | None = None
    hosts: tuple[HostAddresses, ...] = ()
    own_addresses: HostAddresses | None = None

    @property
    def aliases(self) -> tuple[DomainName, ...]:
        """The CNAMEs that lead from the domain to where the answer came from, or would have."""
        return self.answer.value.aliases if isinstance(self.answer, Seen) else ()

    @property
    def failure(self) -> Failed | None:
        """Why ``status`` is failed."""
        own = (self.own_addresses.ipv4, self.own_addresses.ipv6) if self.own_addresses else ()
        failures = (look_up for look_up in (self.answer, *own) if isinstance(look_up, Failed))
        return next(failures, None) if self.status == "failed" else None
