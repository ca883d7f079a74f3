"""What somebody on the path between sender and server could do to mail for this domain.

The one rule of this file: only a promise that senders may insist on stops an attacker. What nobody looked for (DANE,
CAA) is not known, and no attack is called impossible because of it.
"""

from checker.assessment.address_state import all_of
from checker.assessment.judged import Threat
from checker.assessment.policy import PolicyState
from checker.assessment.states import DomainState, ServerState
from checker.listing import joined
from checker.mta_sts.facts import Policy
from checker.mta_sts.matching import is_broad
from checker.mta_sts.policy_rules import in_words

NAMED = 3  # servers that one sentence can hold
_STRIPPED = "whoever sits in between can take the STARTTLS line out, and most senders go on in clear text."
_FORGED = "whoever can forge a DNS answer can name a server of their own."
_UNKNOWN = "We could not see whether the domain has an MTA-STS policy. Without one, {effect}"
_OPEN = "{lack}, so {effect} DANE would stop this too; we don't look for it yet."
_LACKS = {
    "absent": "There is no MTA-STS policy",
    "invalid": "The MTA-STS policy can't be used",
    "none": "The MTA-STS policy is switched off",
    "testing": "The MTA-STS policy is only on trial",
}
_STOPPED = "The enforced policy stops this for senders that know MTA-STS: {how}. For the others, {effect}"


def threats(state: DomainState) -> tuple[Threat, ...]:
    """Each threat to mail for this domain; none where it takes no mail or nothing could be seen."""
    if not any(server.works for server in state.servers):
        return ()
    return (
        _stripping(state),
        _forged_mx(state),
        _blocked_record(state.policy),
        _rogue_certificate(state.policy),
        _passive_capture(state),
    )


def _stripping(state: DomainState) -> Threat:
    code = "starttls-stripping"
    in_clear = [server.host for server in state.servers if server.works and server.encrypts is False]
    if in_clear:
        whom = "everyone" if _enforced(state.policy) is None else "everyone who does not honour its policy"
        why = f"There is nothing to strip: {in_clear[0]} takes mail in clear text from {whom}."
        return Threat(code=code, exposed=True, why=why)
    return _by_promise(state.policy, code, "they send nothing without TLS", _STRIPPED)


def _forged_mx(state: DomainState) -> Threat:
    how, enforced = "a server that the policy does not list gets nothing from them", _enforced(state.policy)
    broad = [pattern for pattern in enforced.mx if is_broad(pattern)] if enforced else []
    if broad:
        why = f"The policy lists “{broad[0]}”, so {_FORGED} With any name there, even senders that know MTA-STS use it."
        return Threat(code="mx-forgery", exposed=True, why=why)
    return _by_promise(state.policy, "mx-forgery", how, _FORGED)


def _by_promise(policy: PolicyState, code: str, how: str, effect: str) -> Threat:
    """What an enforced policy stops, for those who honour it."""
    if policy.flag is None:
        return Threat(code=code, exposed=None, why=_UNKNOWN.format(effect=effect))
    if policy.flag != "enforce":
        return Threat(code=code, exposed=True, why=_OPEN.format(lack=_LACKS[policy.flag], effect=effect))
    return Threat(code=code, exposed=False, why=_STOPPED.format(how=how, effect=effect))


def _blocked_record(policy: PolicyState) -> Threat:
    """A sender that is kept from the record has what it remembers, and the first time nothing (RFC 8461 10.2)."""
    code, enforced = "mta-sts-blocking", _enforced(policy)
    if policy.flag is None:
        return Threat(code=code, exposed=None, why="We could not see whether the domain has an MTA-STS policy.")
    if enforced is None:
        lack = _LACKS.get(policy.flag, "")
        return Threat(code=code, exposed=True, why=f"{lack}, so there is nothing whose loss senders would notice.")
    why = (
        "Whoever can hide the record at _mta-sts, or keep the policy host from answering, keeps the policy from a "
        "sender that meets the domain for the first time. Who knows it goes by it until "
        f"{in_words(enforced.max_age)} after the last time it was fetched."
    )
    return Threat(code=code, exposed=True, why=why)


def _rogue_certificate(policy: PolicyState) -> Threat:
    """What MTA-STS can't stop, and what would is not looked for yet."""
    passes = "An enforced policy does not help, for the certificate passes it. " if _enforced(policy) else ""
    rogue = (
        "An authority that senders trust may be brought to certify one of these servers for somebody else. "
        f"{passes}CAA and DANE records narrow that down; we don't look for them yet."
    )
    return Threat(code="rogue-certificate", exposed=None, why=rogue)


def _passive_capture(state: DomainState) -> Threat:
    """Whether every server that works has a key exchange with ML-KEM; one without is enough."""
    code = "passive-capture"
    servers = [server for server in state.servers if server.works]
    flags = [_withstands(server) for server in servers]
    without = [server.host for server, flag in zip(servers, flags, strict=True) if flag is False]
    reads = "Whoever records the traffic today may read it when a large quantum computer exists"
    if without:
        why = f"{reads}: the key exchange of {joined(without, NAMED)} doesn't withstand one."
        return Threat(code=code, exposed=True, why=why)
    if all(flags):
        why = "Every server has a key exchange that withstands quantum computers, for senders that have it too."
        return Threat(code=code, exposed=False, why=why)
    why = f"{reads}, unless the key exchange withstands one. We could not see that of every server."
    return Threat(code=code, exposed=None, why=why)


def _withstands(server: ServerState) -> bool | None:
    """Of all its addresses that were asked."""
    asked = [endpoint.facts.tls.inventory for endpoint in server.tried]
    return all_of(inventory.post_quantum for inventory in asked if inventory is not None)


def _enforced(policy: PolicyState) -> Policy | None:
    return policy.policy if policy.flag == "enforce" else None
