"""Demo domains with a policy that no new sender can use: what is wrong lies in the record, the host or the file."""

from typing import Any

from sandbox.demo import ZONE, DemoDomain, Shows
from sandbox.demo_policies import RECORD, policy, policy_host, with_policy

_PAGE = "<!doctype html>\n<title>Welcome</title>\n<p>This web site is being built.</p>\n"


def _unusable(number: int, name: str, title: str, note: str, **more: Any) -> DemoDomain:
    """Its server is in order, and its policy would be enforced."""
    group = "Policies that nobody can use"
    return with_policy(number, name, "enforce", "invalid", "ready", words=(title, note), group=group, **more)


def _served(number: int, name: str, title: str, note: str, **host: Any) -> DemoDomain:
    """The fault is in how the file is served."""
    body = host.pop("body", policy("enforce", f"mx.{name}.{ZONE}"))
    return _unusable(number, name, title, note, policy_host=policy_host(number, body, **host))


POLICY_FAULTS = (
    _unusable(
        120,
        "two-records",
        "Two records where one may be",
        "With two TXT records senders take the domain for one without MTA-STS.",
        records=(RECORD, "v=STSv1; id=20261102T120000;"),
    ),
    _unusable(
        122,
        "text-without-file",
        "A record without a policy",
        "The TXT record says that there is a policy, but its host has no address.",
        policy_host=None,
    ),
    with_policy(
        124,
        "file-without-text",
        "enforce",
        "absent",
        "ready",
        words=("A policy without a record", "The policy file is there, but nothing tells senders to fetch it."),
        group="Policies that nobody can use",
        records=(),
    ),
    _served(
        126,
        "policy-expired",
        "An expired policy host",
        "The certificate of the policy host has run out, so senders don't believe the file.",
        shows=Shows.EXPIRED,
    ),
    _served(
        128,
        "policy-wrong-name",
        "A policy host with another's name",
        "The certificate of the policy host was made for a different web site.",
        shows=Shows.WRONG_NAME,
    ),
    _served(
        130,
        "policy-404",
        "No file at the policy host",
        "The policy host answers that there is no such file.",
        status=404,
        body="Not found\n",
    ),
    _served(
        132,
        "policy-500",
        "A policy host that fails",
        "The policy host answers that it has a fault.",
        status=500,
        body="Internal error\n",
    ),
    _served(
        134,
        "policy-redirect",
        "A redirect in place of a policy",
        "The policy host sends visitors elsewhere, where no sender may follow.",
        status=301,
        body="",
        headers={"Location": f"https://www.policy-redirect.{ZONE}/.well-known/mta-sts.txt"},
    ),
    _served(
        136,
        "policy-html",
        "A web page in place of a policy",
        "The policy host shows the page that it shows for every address.",
        body=_PAGE,
        headers={"Content-Type": "text/html; charset=utf-8"},
    ),
    _served(
        138,
        "policy-huge",
        "A policy too long to read",
        "The file lists thousands of servers, more than senders read.",
        body=policy("enforce", *(f"mx{number}.policy-huge.{ZONE}" for number in range(4000))),
    ),
)
