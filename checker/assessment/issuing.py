"""For which names a public certificate counts, and who issued the ones in use: what CAA is held against.

The one rule of this file: only what leads to a trusted root was issued by an authority that goes by CAA.
"""

from collections.abc import Iterator

from checker.assessment.states import DomainState
from checker.caa.facts import CaaFacts
from checker.caa.rules import NamedSite


def named_sites(state: DomainState) -> tuple[NamedSite, ...]:
    """Each server, and the policy host where the domain has a policy or a record for one."""
    return tuple(NamedSite(facts=caa, issuers=_issuers(state, caa)) for caa in _names(state))


def _names(state: DomainState) -> Iterator[CaaFacts]:
    for server in state.facts.servers:
        if server.caa is not None and server.endpoints:
            yield server.caa
    caa, sts = state.facts.policy_host_caa, state.facts.mta_sts
    if caa is not None and (sts.policy is not None or sts.record.status == "valid"):
        yield caa


def _issuers(state: DomainState, caa: CaaFacts) -> tuple[str, ...]:
    shown = (c for c in state.facts.certificates if caa.name in c.presented_for and c.trusted and c.issuer)
    return tuple(dict.fromkeys(certificate.issuer for certificate in shown if certificate.issuer))
