"""Demo domains with an MTA-STS policy that senders can have: kept, kept in part, and kept by nobody."""

from collections.abc import Mapping
from typing import Any

from checker.assessment.level import Level
from checker.assessment.policy import MtaSts
from checker.mta_sts.facts import Mode
from checker.names import parse_domain
from sandbox.demo import ZONE, DemoDomain, DemoPolicyHost, DemoServer, Shows

RECORD = "v=STSv1; id=20261101T120000;"
REPORTING = f"v=TLSRPTv1; rua=mailto:tls-reports@reports.{ZONE}"
TWO_WEEKS, HOUR = 1209600, 3600  # seconds


def policy(mode: Mode, *mx: str, max_age: int = TWO_WEEKS, end: str = "\r\n") -> str:
    """A policy file (RFC 8461 section 3.2)."""
    lines = ("version: STSv1", f"mode: {mode}", *(f"mx: {pattern}" for pattern in mx), f"max_age: {max_age}")
    return "".join(f"{line}{end}" for line in lines)


def server(number: int, label: str = "mx", preference: int = 10, shows: Shows = Shows.VALID) -> DemoServer:
    """A mail server at 192.52.193.number."""
    return DemoServer(label=label, preference=preference, ipv4=(f"192.52.193.{number}",), shows=shows)


def policy_host(number: int, body: str, **more: Any) -> DemoPolicyHost:
    """A policy host behind the server of that number."""
    return DemoPolicyHost(ipv4=(f"192.52.193.{number + 1}",), body=body, **more)


def promising(name: str, found: tuple[MtaSts, Level], words: tuple[str, str], **more: Any) -> DemoDomain:
    """A domain with a record for MTA-STS and one for reports. ``found`` is what a scan finds, ``words`` its own."""
    (mta_sts, level), (title, note) = found, words
    fields: Mapping[str, Any] = {"records": (RECORD,), "reporting": (REPORTING,), "group": "More policies", **more}
    domain = parse_domain(f"{name}.{ZONE}")
    return DemoDomain(name=domain, title=title, note=note, mta_sts=mta_sts, level=level, **fields)


def with_policy(number: int, name: str, mode: Mode, *found: Any, words: tuple[str, str], **more: Any) -> DemoDomain:
    """One server of that number, the policy file that lists it, and a host that serves the file."""
    host = policy_host(number, policy(mode, f"mx.{name}.{ZONE}"))
    return promising(name, found, words, **{"servers": (server(number),), "policy_host": host} | more)


_FIRST = {"group": "To begin with"}
_AT_ODDS = {"group": "Policies and servers at odds"}

POLICIES = (
    promising(
        "enforced",
        ("enforce", "enforced"),
        ("An enforced policy", "Senders that know MTA-STS deliver to these servers, encrypted, or not at all."),
        servers=(
            DemoServer(label="mx1", preference=10, ipv4=("192.52.193.80",), ipv6=("3ffe::80",)),
            DemoServer(label="mx2", preference=20, ipv4=("192.52.193.200",), ipv6=("3ffe::200",)),
        ),
        policy_host=policy_host(
            80, policy("enforce", f"mx1.enforced.{ZONE}", f"mx2.enforced.{ZONE}"), ipv6=("3ffe::81",)
        ),
        **_FIRST,
    ),
    with_policy(
        82,
        "testing",
        "testing",
        "testing",
        "testing",
        words=("A policy on trial", "Senders report what would have failed, and deliver all the same."),
        **_FIRST,
    ),
    with_policy(
        84,
        "mode-none",
        "none",
        "none",
        "ready",
        words=("A policy taken back", "The mode is none: senders are told to forget the policy."),
    ),
    with_policy(
        86,
        "delegated",
        "enforce",
        "enforce",
        "enforced",
        words=("A policy run by somebody else", "The record and the policy host are aliases of names at a provider."),
        is_delegated=True,
    ),
    with_policy(
        88,
        "lf-only",
        "enforce",
        "enforce",
        "enforced",
        words=("Lines that end the Unix way", "The policy file has no carriage returns, and nobody minds."),
        policy_host=policy_host(88, policy("enforce", f"mx.lf-only.{ZONE}", end="\n")),
    ),
    with_policy(
        90,
        "short-max-age",
        "enforce",
        "enforce",
        "enforced",
        words=("A policy for an hour", "Senders forget it so soon that it hardly protects anything."),
        policy_host=policy_host(90, policy("enforce", f"mx.short-max-age.{ZONE}", max_age=HOUR)),
    ),
    with_policy(
        92,
        "duplicate-keys",
        "enforce",
        "enforce",
        "enforced",
        words=("A mode written twice", "The policy says enforce and then testing. The first counts."),
        policy_host=policy_host(92, policy("enforce", f"mx.duplicate-keys.{ZONE}") + "mode: testing\r\n"),
    ),
    with_policy(
        94,
        "slow-policy-host",
        "enforce",
        "enforce",
        "enforced",
        words=("A slow policy host", "The policy file is in order, but lets senders wait."),
        policy_host=policy_host(94, policy("enforce", f"mx.slow-policy-host.{ZONE}"), is_slow=True),
    ),
    with_policy(
        96,
        "broken-tls-rpt",
        "enforce",
        "enforce",
        "enforced",
        words=("An address for reports with a fault", "The policy is sound, but reports have nowhere to go."),
        reporting=(f"v=TLSRPTv1; rua=tls-reports@reports.{ZONE}",),
    ),
    promising(
        "uncovered",
        ("enforce", "losing-mail"),
        ("A policy without the server", "The policy lists only a server that is gone, so careful senders give up."),
        servers=(server(98),),
        policy_host=policy_host(98, policy("enforce", f"mail.uncovered.{ZONE}")),
        **_FIRST,
    ),
    promising(
        "partly-covered",
        ("enforce", "partly-enforced"),
        ("A policy without the second server", "Careful senders never use the backup, also when they need it."),
        servers=(server(100, "mx1"), server(201, "mx2", 20)),
        policy_host=policy_host(100, policy("enforce", f"mx1.partly-covered.{ZONE}")),
        **_AT_ODDS,
    ),
    with_policy(
        102,
        "enforced-expired",
        "enforce",
        "enforce",
        "losing-mail",
        words=("A promise that can't be kept", "The server is listed, but its certificate has run out."),
        servers=(server(102, shows=Shows.EXPIRED),),
        **_AT_ODDS,
    ),
    promising(
        "testing-would-fail",
        ("testing", "ready"),
        ("A trial that fails", "Enforced as it is, this policy would stop all mail from careful senders."),
        servers=(server(104),),
        policy_host=policy_host(104, policy("testing", f"mail.testing-would-fail.{ZONE}")),
        **_AT_ODDS,
    ),
)
