"""Mail domains, servers, policy hosts and addresses whose operator asked not to be probed get no connection."""

import io
import json
from dataclasses import replace

import pytest

import sandbox
from checker.assessment.verdict import assess
from checker.batch import Batch
from checker.mta_sts.facts import policy_host
from checker.network.do_not_probe import AskedNotToBeProbed, parse_do_not_probe
from checker.network.ports import Network
from checker.network.streams import TcpDialer
from checker.observation import NotTried, Reason, Seen
from sandbox.box import SMTP_PORT
from sandbox.demo import DemoDomain, DemoPolicyHost
from sandbox.dialler import mapped
from tests.gathering import DOMAIN, GOOD, NOW, QUICK, box, codes, endpoints, facts_of

MX1, MX2 = f"mx1.{DOMAIN}", f"mx2.{DOMAIN}"


def leaving_alone(network: Network, setting: str) -> Network:
    return replace(network, do_not_probe=parse_do_not_probe(setting))


def connections(running: sandbox.Sandbox) -> dict[str, int]:
    return {str(address): server.connections for address, server in running.servers.items()}


@pytest.mark.parametrize("listed", [DOMAIN, "demo.test"])
async def test_a_domain_is_not_begun(listed: str) -> None:
    async with box(*GOOD) as running:
        with pytest.raises(AskedNotToBeProbed):
            await facts_of(leaving_alone(running.network, listed))
        assert set(connections(running).values()) == {0}


async def test_the_command_line_says_so() -> None:
    out, said = io.StringIO(), io.StringIO()
    async with box(*GOOD) as running:
        network = leaving_alone(running.network, DOMAIN)
        await Batch(network=network, out=out, progress=said, as_json=True).check([str(DOMAIN)])
    assert json.loads(out.getvalue())["error"] == f"{DOMAIN} was not looked at. Whoever runs it asked not to be probed."


async def test_a_server_is_not_tried_and_the_others_are() -> None:
    """It is named among the limits, and the verdict is provisional."""
    async with box(*GOOD) as running:
        facts = await facts_of(leaving_alone(running.network, MX1))
        visited = {address for address, count in connections(running).items() if count}
        assert visited == {"192.52.193.2"}
    assert ("servers", "do-not-probe") in codes(facts)
    verdict = assess(facts, (), NOW)
    assert (verdict.level, verdict.provisional) == ("ready", True)
    [finding] = [finding for finding in verdict.findings if finding.code == "server-left-alone"]
    assert finding.subject.host == MX1


async def test_a_domain_all_of_whose_servers_are_left_alone_is_not_judged() -> None:
    async with box(*GOOD) as running:
        facts = await facts_of(leaving_alone(running.network, f"{MX1},{MX2}"))
        assert set(connections(running).values()) == {0}
    verdict = assess(facts, (), NOW)
    assert verdict.level == "inconclusive"
    assert "asked not to be probed" in verdict.headline


async def test_an_address_is_not_tried_and_the_limits_say_why() -> None:
    """The guard stops the dialler, so not even the policy client could reach it."""
    listed = parse_do_not_probe("192.52.193.1")
    async with box(*GOOD) as running:
        ports = {address: server.port for address, server in running.servers.items()}
        dialer = TcpDialer(SMTP_PORT, do_not_probe=listed, bounds=QUICK, route=mapped(ports))
        facts = await facts_of(replace(running.network, dialer=dialer, do_not_probe=listed))
        visited = {address for address, count in connections(running).items() if count}
        assert visited == {"3ffe::1", "192.52.193.2"}
    why = endpoints(facts)["192.52.193.1"].not_tried
    assert why == NotTried(Reason.DO_NOT_PROBE, "192.52.193.1 lies in a network whose operator asked not to be probed.")
    assert any("asked not to be probed" in limit.detail for limit in facts.limits)
    assert assess(facts, (), NOW).level == "ready"


@pytest.mark.parametrize("is_delegated", [False, True])
async def test_a_policy_host_is_not_asked(is_delegated: bool) -> None:
    """By its name, or by the name that it is an alias of."""
    host = DemoPolicyHost(ipv4=("192.52.193.80",), body="version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n")
    records = ("v=STSv1; id=1",)
    domain = DemoDomain(
        name=DOMAIN, title="", note="", level="ready", servers=GOOD, policy_host=host, records=records,
        is_delegated=is_delegated,
    )  # fmt: skip
    listed = "hosting.demo.test" if is_delegated else policy_host(DOMAIN)
    async with sandbox.running(0.0, QUICK, (domain,)) as running:
        facts = await facts_of(leaving_alone(running.network, listed))
        assert {host.connections for host in running.policy_hosts.values()} == {0}
    assert facts.mta_sts.not_tried is not None
    assert facts.mta_sts.not_tried.reason is Reason.DO_NOT_PROBE
    assert ("mta_sts.policy", "do-not-probe") in codes(facts)
    assert isinstance(facts.mta_sts.ipv4, Seen) is is_delegated
    assert assess(facts, (), NOW).level == "ready"
