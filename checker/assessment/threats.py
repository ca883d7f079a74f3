"""What somebody on the path between sender and server could do to mail for this domain.

The one rule of this file: only what a sender checks stops an attacker, and only for the senders that check it. What
could not be seen is not known, and no attack is called impossible because of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from checker.assessment.address_state import all_of
from checker.assessment.dane_state import Dane, mx_security
from checker.assessment.judged import Threat
from checker.assessment.kept import dane_of
from checker.assessment.policy import PolicyState
from checker.assessment.states import DomainState, ServerState
from checker.caa.allowed import may_issue, properties
from checker.listing import joined
from checker.mta_sts.facts import Policy
from checker.mta_sts.matching import is_broad
from checker.mta_sts.policy_rules import in_words
from checker.network.ports import Security

NAMED = 3  # servers or authorities that one sentence can hold
_STRIPPED = "whoever sits in between can take the STARTTLS line out, and most senders go on in clear text."
_FORGED = "whoever can forge a DNS answer can name a server of their own."
_LACKS = {
    "absent": "There is no MTA-STS policy",
    "invalid": "The MTA-STS policy can't be used",
    "none": "The MTA-STS policy is switched off",
    "testing": "The MTA-STS policy is only on trial",
}
_POLICY_UNSEEN = "We could not see whether the domain has an MTA-STS policy"
_NO_DANE: dict[Dane | None, str] = {
    "absent": "no server has a DANE record",
    "insecure": "the DANE records are not protected by DNSSEC",
    "unusable": "senders can use none of the DANE records",
    "broken": "no server keeps to its DANE records",
    "partial": "not every server keeps DANE",
    None: "we could not see whether DANE protects its servers",
}
_MX: dict[Security | None, str] = {
    "insecure": "the MX record is not signed",
    "bogus": "the MX record's signature does not hold",
    None: "we could not see whether the MX record is signed",
}


@dataclass(frozen=True, slots=True)
class _Stop:
    """What stops an attack, as the subject of a sentence; the senders for which it does; and how."""

    what: str
    whom: str
    how: str


def threats(state: DomainState) -> tuple[Threat, ...]:
    """Each threat to mail for this domain; none where it takes no mail or nothing could be seen."""
    if not any(server.works for server in state.servers):
        return ()
    dane = dane_of(state, state.servers)
    return (
        _stripping(state, dane),
        _forged_mx(state),
        _blocked_record(state.policy, dane),
        _rogue_certificate(state, dane),
        _passive_capture(state),
    )


def _stripping(state: DomainState, dane: Dane | None) -> Threat:
    code = "starttls-stripping"
    in_clear = [server.host for server in state.servers if server.works and server.encrypts is False]
    if in_clear:
        promises = ["policy"] if _enforced(state.policy) else []
        promises += ["DANE records"] if dane in ("broken", "partial") else []
        whom = f"everyone who does not honour its {joined(promises)}" if promises else "everyone"
        why = f"There is nothing to strip: {in_clear[0]} takes mail in clear text from {whom}."
        return Threat(code=code, exposed=True, why=why)
    stops = [_by_policy("they send nothing without TLS")] if _enforced(state.policy) else []
    if dane == "valid":
        stops.append(_by_dane("they send nothing without TLS"))
    is_known = None not in (dane, state.policy.flag)
    return _stopped(code, stops, _STRIPPED, (_lack(state.policy), _NO_DANE.get(dane, "")), is_known=is_known)


def _forged_mx(state: DomainState) -> Threat:
    code, policy, security = "mx-forgery", state.policy.flag, mx_security(state.facts)
    enforced = _enforced(state.policy)
    broad = [pattern for pattern in enforced.mx if is_broad(pattern)] if enforced else []
    stops = []
    if enforced and not broad:
        stops.append(_by_policy("a server that the policy does not list gets nothing from them"))
    if security == "secure":
        how = "a forged answer has no valid signature"
        stops.append(_Stop("DNSSEC", "senders whose resolver checks signatures", how))
    if broad and not stops:
        why = f"The policy lists “{broad[0]}”, so {_FORGED} With any name there, even senders that know MTA-STS use it."
        return Threat(code=code, exposed=True, why=why)
    return _stopped(
        code, stops, _FORGED, (_lack(state.policy), _MX.get(security, "")), is_known=None not in (security, policy)
    )


def _stopped(code: str, stops: Sequence[_Stop], effect: str, lacks: Sequence[str], *, is_known: bool) -> Threat:
    """What stops it, for whom, and what remains; or what is lacking, as far as that is known."""
    if stops:
        told = " ".join(f"{stop.what} stops this for {stop.whom}: {stop.how}." for stop in stops)
        return Threat(code=code, exposed=False, why=f"{told} For the others, {effect}")
    therefore = "so" if is_known else "so it may be that"
    return Threat(code=code, exposed=True if is_known else None, why=f"{', and '.join(lacks)}, {therefore} {effect}")


def _lack(policy: PolicyState) -> str:
    return (
        _POLICY_UNSEEN if policy.flag is None else _LACKS.get(policy.flag, "The MTA-STS policy lists strangers' names")
    )


def _by_policy(how: str) -> _Stop:
    return _Stop("The enforced policy", "senders that know MTA-STS", how)


def _by_dane(how: str) -> _Stop:
    return _Stop("DANE", "senders that know it", how)


def _blocked_record(policy: PolicyState, dane: Dane | None) -> Threat:
    """A sender that is kept from the record has what it remembers, and the first time nothing (RFC 8461 10.2)."""
    code, enforced = "mta-sts-blocking", _enforced(policy)
    beside = " Senders that know DANE need no policy here, and lose nothing." if dane == "valid" else ""
    if policy.flag is None:
        return Threat(code=code, exposed=None, why=f"{_POLICY_UNSEEN}.{beside}")
    if enforced is None:
        lack = _LACKS[policy.flag]
        why = f"{lack}, so there is nothing whose loss senders would notice.{beside}"
        return Threat(code=code, exposed=dane != "valid", why=why)
    why = (
        "Whoever can hide the record at _mta-sts, or keep the policy host from answering, keeps the policy from a "
        "sender that meets the domain for the first time. Who knows it goes by it until "
        f"{in_words(enforced.max_age)} after the last time it was fetched.{beside}"
    )
    return Threat(code=code, exposed=True, why=why)


def _rogue_certificate(state: DomainState, dane: Dane | None) -> Threat:
    """MTA-STS can't stop it; DANE does where it is valid; CAA narrows down who can be brought to it."""
    code, narrowed = "rogue-certificate", _who_may_issue(state)
    if dane == "valid":
        why = f"DANE stops this for senders that know it: they go by the pinned key, not by an authority. {narrowed}"
        return Threat(code=code, exposed=False, why=why)
    passes = "An enforced policy does not help, for the certificate passes it. " if _enforced(state.policy) else ""
    rogue = "An authority that senders trust may be brought to certify one of these servers for somebody else."
    why = f"{rogue} {passes}{narrowed} DANE would stop it, but {_NO_DANE[dane]}."
    return Threat(code=code, exposed=None if dane is None else True, why=why)


def _who_may_issue(state: DomainState) -> str:
    """What CAA says, of all servers together."""
    named = {facts.host: facts.caa for facts in state.facts.servers}
    known = {server.host: caa for server in state.servers if server.works and (caa := named.get(server.host))}
    unseen = [host for host, caa in known.items() if properties(caa) is None]
    allowed = {host: may_issue(caa) for host, caa in known.items()}
    free = [host for host, issuers in allowed.items() if issuers is None and host not in unseen]
    if unseen or len(known) < sum(1 for server in state.servers if server.works):
        return "We could not see whether CAA records say who may issue."
    if free:
        return f"Any authority may, for no CAA record says who may issue for {joined(free, NAMED)}."
    issuers = sorted({issuer for each in allowed.values() for issuer in each or ()})
    if not issuers:
        return "CAA records tell every authority to issue nothing."
    return f"CAA records leave it to {joined(issuers, NAMED)}; the others are told not to issue."


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
