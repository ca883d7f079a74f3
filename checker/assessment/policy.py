"""The domain's MTA-STS policy as senders take it: flag, the policy of a new sender, and what others still hold.

The one rule of this file: a policy counts as published only where a sender that follows RFC 8461 would apply it now;
what could not be told stays null.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from checker.assessment.history import CachedPolicy, History, published_in, recall
from checker.facts import DomainFacts
from checker.mta_sts.facts import Policy
from checker.mta_sts.matching import covers
from checker.mta_sts.published import Fetch, PublishedPolicy
from checker.names import DomainName

type MtaSts = Literal["absent", "invalid", "none", "testing", "enforce"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyState:
    """What is published, and what it comes to. ``flag`` is null where it could not be determined.

    ``policy`` is what a sender applies that meets the domain for the first time, null where it applies none;
    ``lenient_policy`` what known lenient senders apply. ``cached`` is the last policy that a sender may still hold.
    """

    published: PublishedPolicy
    fetch: Fetch
    flag: MtaSts | None
    history: History = History()

    @property
    def policy(self) -> Policy | None:
        """The policy of a sender that looks at record and file now (RFC 8461 section 3.3)."""
        return self.fetch.policy if self.flag in ("none", "testing", "enforce") else None

    @property
    def lenient_policy(self) -> Policy | None:
        """The policy of a sender that overlooks tolerated faults of the file."""
        return self.fetch.lenient_policy if self.published.facts.record.status == "valid" else None

    @property
    def id(self) -> str | None:
        """The ``id`` of the record, null without a valid one."""
        record = self.published.facts.record.record
        return record.id if record is not None else None

    @property
    def cached(self) -> CachedPolicy | None:
        """The last policy that a sender may still hold, from the earlier scans."""
        last = self.history.fetched[-1:]
        return last[0] if last and last[0].until >= self.published.now else None

    def covers(self, host: DomainName) -> bool | None:
        """Does the policy list this server? Null without a policy."""
        return covers(self.policy.mx, host) if self.policy is not None else None


def judge_policy(facts: DomainFacts, past: Sequence[DomainFacts], now: datetime) -> PolicyState:
    """The state of the domain's policy at ``now``. ``past`` are earlier scans of it, in any order."""
    published = published_in(facts, now)
    fetch = published.fetch
    history = recall(past, fetch.policy, now)
    return PolicyState(published=published, fetch=fetch, flag=_flag(published, fetch), history=history)


def _flag(published: PublishedPolicy, fetch: Fetch) -> MtaSts | None:
    match published.facts.record.status:
        case "absent":
            return "absent"
        case "invalid":
            return "invalid"
        case "valid":
            return _flag_of_file(fetch)
        case "failed" | None:
            return None


def _flag_of_file(fetch: Fetch) -> MtaSts | None:
    """With a valid record: the file's mode, or what keeps senders from it."""
    match fetch.status:
        case "valid":
            return fetch.policy.mode if fetch.policy is not None else None
        case "invalid" | "unfetchable" | "absent":
            return "invalid"
        case "unknown":
            return None
        case _:
            assert_never(fetch.status)
