"""What a sender gets that asks for a domain's policy now (RFC 8461 section 3.3).

The one rule of this file: a policy counts only where everything round it is right as well (certificate, status, media
type), and what was not seen makes no fetch a failure.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from checker.certificates.facts import CertificateFacts
from checker.certificates.rules import PresentedCertificate
from checker.mta_sts.facts import MtaStsFacts, Policy, PolicyResponse, PolicyVisit, policy_host, policy_url
from checker.mta_sts.visits import OLD_VERSIONS, Stop, addresses_of, detail_of, is_pending, is_theirs, stop_of, tried
from checker.names import DomainName
from checker.observation import Observation, Seen

type FetchStatus = Literal["valid", "invalid", "unfetchable", "absent", "unknown"]
type ResultType = Literal["sts-policy-fetch-error", "sts-webpki-invalid", "sts-policy-invalid"]

_LOOKS_LIKE_A_POLICY = re.compile(r"^\W{0,4}version\s*:\s*STSv1", re.IGNORECASE | re.MULTILINE)
_STILL_ASKED = "The policy file is still being asked for."
_LOOKED_AT = 4096  # characters of the body


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """What one fetch comes to. ``why`` is a sentence for people; ``result_type`` is what reports would call it.

    ``policy`` is what a sender applies that follows the RFC, ``lenient_policy`` what known lenient ones do: they
    overlook tolerated defects and the media type. ``absent``: no record, and no file either. ``unknown``: it could
    not be told, by our fault or the resolver's, or not yet (RFC 8460 section 4.3.2.2 for the result types).
    """

    status: FetchStatus
    policy: Policy | None = None
    lenient_policy: Policy | None = None
    result_type: ResultType | None = None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPolicy:
    """A domain's MTA-STS with the certificates of its policy host (by ``chain_id``), and the day it is judged on."""

    domain: DomainName
    facts: MtaStsFacts
    certificates: Mapping[str, CertificateFacts]
    now: datetime

    @property
    def host(self) -> DomainName:
        """The policy host."""
        return policy_host(self.domain)

    @property
    def url(self) -> str:
        """Where the file stands."""
        return policy_url(self.domain)

    @property
    def response(self) -> PolicyResponse | None:
        """The response that counts."""
        visit = self.facts.answered
        return visit.response.value if visit is not None and isinstance(visit.response, Seen) else None

    @property
    def has_file(self) -> bool:
        """Did something come that is meant as a policy? A wildcard host's page or its 404 is not."""
        response = self.response
        if response is None or response.status != 200:
            return False
        is_read = self.facts.policy is not None or self.facts.lenient_policy is not None
        return is_read or _LOOKS_LIKE_A_POLICY.search(response.body, 0, _LOOKED_AT) is not None

    @property
    def is_meant(self) -> bool:
        """Does the domain try to have MTA-STS? Without a record and a file its policy host is nobody's concern."""
        return self.facts.record.status in ("valid", "invalid") or self.has_file

    @property
    def written(self) -> Policy | None:
        """What the file says, read as kindly as any sender does and wherever it came from."""
        return self.facts.policy or self.facts.lenient_policy

    def shown(self, visit: PolicyVisit) -> PresentedCertificate | None:
        """The certificate that an address showed, null if none came."""
        certificate = self.certificates.get(visit.chain) if visit.chain is not None else None
        return PresentedCertificate(certificate, self.host, self.now) if certificate is not None else None

    @property
    def fetch(self) -> Fetch:
        """What a sender gets now (RFC 8461 section 3.3)."""
        facts = self.facts
        if not self.is_meant and facts.record.status == "absent":
            return Fetch(status="absent", why="The domain publishes neither a record nor a policy file.")
        visit, response = facts.answered, self.response
        if visit is None or response is None:
            return self._without_response()
        if facts.record.status in (None, "failed") and not self.has_file:
            return _unknown("The record could not be looked up, and no policy file was found.")
        return self._of_connection(visit) or self._of_response(response)

    def _without_response(self) -> Fetch:
        if self.facts.not_tried is not None:
            return _unknown(self.facts.not_tried.detail or "The policy file was not asked for.")
        if self.facts.record.status in (None, "failed"):
            return _unknown("The record could not be looked up, and the policy host gave no answer.")
        stops = [*_stops_of(self.facts)]
        if any(map(is_pending, stops)):
            return _unknown(_STILL_ASKED)
        unknown = next((stop for stop in stops if not is_theirs(stop)), None)
        if unknown is not None:
            return _unknown(detail_of(unknown) or "The policy host could not be asked from here.")
        if stops:
            return _unfetchable(detail_of(stops[0]) or f"The policy host {self.host} did not answer.")
        if addresses_of(self.facts):
            return _unknown(_STILL_ASKED)
        return _unfetchable(f"The policy host {self.host} has no address.")

    def _of_connection(self, visit: PolicyVisit) -> Fetch | None:
        """What the TLS connection makes of the fetch, null where it is good."""
        if isinstance(visit.handshake, Seen) and visit.handshake.value in OLD_VERSIONS:
            return _unfetchable(f"The policy host speaks {visit.handshake.value} at best, and senders want TLS 1.2.")
        shown = self.shown(visit)
        if shown is None:
            return _untrusted("The policy host showed no certificate.") if visit.chain is None else _NOT_JUDGED
        if shown.certificate.error is not None:
            return _untrusted("The policy host's certificate can't be read.")
        if not shown.is_in_dates:
            return _untrusted("The policy host's certificate is out of its dates.")
        if not shown.names_host:
            return _untrusted(f"The policy host's certificate is not for {self.host}.")
        if shown.certificate.trusted is None:
            return _NOT_JUDGED
        return None if shown.certificate.trusted else _untrusted("No authority vouches for the policy host.")

    def _of_response(self, response: PolicyResponse) -> Fetch:
        if response.status != 200:
            return _unfetchable(f"The policy host answered with status {response.status}; only 200 counts.")
        if response.is_cut:
            return _unfetchable("The file is longer than the 64 kilobytes that senders need to read.")
        policy, lenient = self.facts.policy, self.facts.lenient_policy
        media_type = essence(response.content_type)
        if media_type not in (None, "text/plain"):
            return _invalid("The file has the wrong media type.", lenient)
        if policy is None:
            return _invalid("The file has a fault that leaves it without meaning.", lenient)
        return Fetch(status="valid", policy=policy, lenient_policy=lenient or policy, why="The policy can be fetched.")


def essence(content_type: str | None) -> str | None:
    """The media type in lower case without its parameters (RFC 9110 section 8.3.1), null where none is given."""
    if content_type is None:
        return None
    return content_type.partition(";")[0].strip(" \t").lower() or None


def _stops_of(facts: MtaStsFacts) -> Iterator[Stop]:
    """Why nothing came: of each look-up that failed, and of each address."""
    look_ups: tuple[Observation[object], ...] = (facts.ipv4, facts.ipv6)
    yield from (look_up for look_up in look_ups if not isinstance(look_up, Seen))
    yield from filter(None, map(stop_of, tried(facts)))


def _unknown(why: str) -> Fetch:
    return Fetch(status="unknown", why=why)


def _unfetchable(why: str) -> Fetch:
    return Fetch(status="unfetchable", result_type="sts-policy-fetch-error", why=why)


def _untrusted(why: str) -> Fetch:
    return Fetch(status="unfetchable", result_type="sts-webpki-invalid", why=why)


def _invalid(why: str, lenient: Policy | None) -> Fetch:
    return Fetch(status="invalid", lenient_policy=lenient, result_type="sts-policy-invalid", why=why)


_NOT_JUDGED = _unknown("The policy host's certificate could not be judged.")
