"""How the zones are signed that a domain's mail depends on."""

from dataclasses import dataclass

from checker.names import DomainName
from checker.network.zone_signing import ZoneSigning
from checker.observation import PENDING, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFacts:
    """One zone, and which of the domain and its servers it holds. If ``signing`` failed, maybe the zone isn't known."""

    names: tuple[DomainName, ...]
    signing: Observation[ZoneSigning] = PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class DnssecFacts:
    """The zones that were looked at: the domain's first, then those of its servers.

    Empty where no resolver validates: nobody could tell what of it holds.
    """

    zones: tuple[ZoneFacts, ...] = ()
