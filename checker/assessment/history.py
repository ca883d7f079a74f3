"""What earlier scans tell of a domain's policy: what senders may still hold (RFC 8461 sections 3.3 and 5.1).

The one rule of this file: an earlier scan is taken for a sender that fetched the policy at that moment and kept it for
``max_age`` seconds. What it could not see says nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from checker.facts import DomainFacts
from checker.mta_sts.facts import Policy
from checker.mta_sts.published import PublishedPolicy
from checker.names import DomainName

_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedPolicy:
    """A policy as a sender keeps it. ``until`` is its last moment, unless the sender fetches it again before."""

    policy: Policy
    id: str
    fetched_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Every policy that an earlier scan could have kept, oldest first, and since when the present mode was seen.

    ``mode_since`` is null where no earlier scan saw that mode. ``hosts`` are the servers that the last scan saw which
    saw any.
    """

    fetched: tuple[CachedPolicy, ...] = ()
    mode_since: datetime | None = None
    hosts: tuple[DomainName, ...] = ()

    def held(self, now: datetime) -> tuple[CachedPolicy, ...]:
        """Those that have not run out."""
        return tuple(cached for cached in self.fetched if cached.until >= now)


def published_in(facts: DomainFacts, now: datetime) -> PublishedPolicy:
    """What a scan saw of the policy, judged at ``now``."""
    certificates = {certificate.chain_id: certificate for certificate in facts.certificates}
    return PublishedPolicy(domain=facts.domain, facts=facts.mta_sts, certificates=certificates, now=now)


def is_same(one: Policy, other: Policy) -> bool:
    """Do they mean the same to a sender? The order of the names and the lines they stand on change nothing."""
    return (one.mode, one.max_age, set(one.mx)) == (other.mode, other.max_age, set(other.mx))


def recall(past: Sequence[DomainFacts], present: Policy | None, now: datetime) -> History:
    """What the scans before ``now`` tell, in whatever order they come. ``present`` is the policy of this moment."""
    earlier = sorted((facts for facts in past if facts.started_at <= now), key=lambda facts: facts.started_at)
    fetched = tuple(filter(None, map(_fetched, earlier)))
    hosts = [tuple(host.host for host in facts.mx.hosts) for facts in earlier if facts.mx.hosts]
    return History(fetched=fetched, mode_since=_mode_since(fetched, present), hosts=hosts[-1] if hosts else ())


def day(moment: datetime) -> str:
    """A date for people, with the time, since a policy runs out at a second."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _fetched(facts: DomainFacts) -> CachedPolicy | None:
    """What a sender kept that came at the time of this scan (RFC 8461 section 3.3)."""
    policy = published_in(facts, facts.started_at).fetch.policy
    record = facts.mta_sts.record.record
    if policy is None or record is None:
        return None
    at = facts.started_at
    return CachedPolicy(policy=policy, id=record.id, fetched_at=at, until=_after(at, policy.max_age))


def _after(moment: datetime, seconds: int) -> datetime:
    """That many seconds later, as far as the calendar goes."""
    left = (_FOREVER - moment).total_seconds()
    return _FOREVER if seconds >= left else moment + timedelta(seconds=seconds)


def _mode_since(fetched: Sequence[CachedPolicy], present: Policy | None) -> datetime | None:
    """The first of the scans, without a break up to the last, that saw the present mode."""
    return min(_in_mode(fetched, present), default=None) if present is not None else None


def _in_mode(fetched: Sequence[CachedPolicy], present: Policy) -> Iterator[datetime]:
    for cached in reversed(fetched):
        if cached.policy.mode != present.mode:
            return
        yield cached.fetched_at
