"""The one registry: every code has an entry and is raised by some rule, and every template can be filled."""

import ast
import inspect
import re
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

from checker.assessment import dane_rules, dnssec_rules, edition_rules, policy_rules
from checker.assessment import rules as assessment_rules
from checker.assessment.judged import Judged
from checker.assessment.rulebook import CATALOGUES, ENTRIES, judge, judged
from checker.assessment.score import CAPS
from checker.assessment.states import judge_servers
from checker.caa import rules as caa_rules
from checker.certificates import rules as certificates_rules
from checker.certificates.facts import CertificateFacts
from checker.dane import rules as dane_records_rules
from checker.dnssec import rules as zone_rules
from checker.facts import DomainFacts
from checker.finding import Finding, Severity
from checker.mta_sts import host_rules, record_rules, response_rules
from checker.mta_sts import policy_rules as file_rules
from checker.mx import rules as mx_rules
from checker.observation import Reason
from checker.smtp import rules as smtp_rules
from checker.tls import inventory_rules
from checker.tls import rules as tls_rules
from checker.tls.facts import TlsFacts
from checker.tls_rpt import rules as tls_rpt_rules
from tests.fact_builders import (
    NOW,
    certificate,
    dead,
    domain,
    ehlo,
    expired,
    not_tried,
    server,
    shaken,
    talking,
    without_starttls,
    working,
)
from tests.tls_inventories import STRICT, asked

RULE_MODULES: tuple[tuple[ModuleType, ...], ...] = (
    (assessment_rules,),
    (mx_rules,),
    (dnssec_rules,),
    (zone_rules,),
    (smtp_rules,),
    (tls_rules,),
    (inventory_rules,),
    (certificates_rules,),
    (dane_rules,),
    (dane_records_rules,),
    (caa_rules,),
    (policy_rules, edition_rules),
    (record_rules, host_rules, response_rules, file_rules),
    (tls_rpt_rules,),
)
"""Those that raise the codes of each catalogue, in the order of ``CATALOGUES``."""
ALL = [entry for catalogue in CATALOGUES for entry in catalogue]
KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
COSTLY = {Severity.CRITICAL: range(4, 13), Severity.SERIOUS: range(3, 7), Severity.ADVICE: range(1, 4)}


def strings_in(module: ModuleType) -> set[str]:
    """Every string in a module's source that looks like a code."""
    source = Path(inspect.getsourcefile(module) or "").read_text("utf-8")
    constants = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str) and KEBAB.fullmatch(value)}


def raised(facts: DomainFacts) -> dict[str, list[Judged]]:
    by_code: dict[str, list[Judged]] = {}
    for finding in judge(judge_servers(facts, NOW)):
        by_code.setdefault(finding.code, []).append(finding)
    return by_code


def test_codes_are_unique() -> None:
    assert len(ENTRIES) == len(ALL)


def test_every_entry_is_raised_by_a_rule_of_its_slice() -> None:
    """An entry that no rule names is dead; each slice raises its own."""
    for modules, catalogue in zip(RULE_MODULES, CATALOGUES, strict=True):
        unused = {entry.code for entry in catalogue}.difference(*map(strings_in, modules))
        assert not unused, f"{modules[0].__name__} and its like never raise {unused}"


def test_every_code_that_a_rule_names_has_an_entry() -> None:
    """What stands in ``Finding("…")`` is in the catalogue."""
    for module in chain.from_iterable(RULE_MODULES):
        tree = ast.parse(Path(inspect.getsourcefile(module) or "").read_text("utf-8"))
        named = {
            call.args[0].value
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant)
            if isinstance(call.func, ast.Name) and call.func.id == "Finding"
        }
        assert named <= set(ENTRIES), named - set(ENTRIES)


@pytest.mark.parametrize("entry", ALL, ids=[entry.code for entry in ALL])
def test_entry_is_complete(entry: object) -> None:
    """Code in kebab case, a cost only for a fault and of its size, in a known group; a fault says what to do."""
    found = next(one for one in ALL if one is entry)
    assert KEBAB.fullmatch(found.code)
    assert found.title
    assert found.detail
    assert found.reference
    if found.severity in COSTLY:
        assert found.remedy
        assert found.cost == 0 or found.cost in COSTLY[found.severity]
    else:
        assert found.cost == 0
    assert (found.group in CAPS) if found.cost else not found.group


@pytest.mark.parametrize("entry", ALL, ids=[entry.code for entry in ALL])
def test_templates_format(entry: object) -> None:
    """Templates hold plain names only: what a peer sends is put in, never read as a template."""
    found = next(one for one in ALL if one is entry)
    fields = set(re.findall(r"\{([^}]*)\}", found.title + found.detail + found.remedy))
    assert all(re.fullmatch(r"[a-z]+", name) for name in fields)
    filled = judged(Finding(found.code, dict.fromkeys(fields, "{evil}")))
    for text in (filled.title, filled.detail, filled.remedy):
        assert text.count("{") == text.count("{evil}")


def test_what_all_addresses_have_is_said_once() -> None:
    """Two addresses with one fault make one finding about the server, which names both."""
    facts = domain(server("mx.d.test", without_starttls("192.52.193.1"), without_starttls("192.52.193.2")))
    [finding] = raised(facts)["smtp-no-starttls"]
    assert (finding.subject.host, finding.subject.address) == ("mx.d.test", None)
    assert finding.params["addresses"] == ["192.52.193.1", "192.52.193.2"]


def test_what_one_address_has_is_said_of_it() -> None:
    """A fault of one address beside a good one names that address."""
    facts = domain(server("mx.d.test", working("192.52.193.1"), without_starttls("192.52.193.2")))
    [finding] = raised(facts)["smtp-no-starttls"]
    assert str(finding.subject.address) == "192.52.193.2"
    assert "starttls-on-some-addresses" in raised(facts)


def test_addresses_that_nobody_looked_at_do_not_keep_a_finding_from_its_server() -> None:
    """One address beyond the cap doesn't make the fault of all others one of single addresses."""
    facts = domain(server("mx.d.test", without_starttls(), not_tried(Reason.BEYOND_CAP, "192.52.193.2")))
    [finding] = raised(facts)["smtp-no-starttls"]
    assert finding.subject.address is None


def test_findings_come_worst_first() -> None:
    facts = domain(server("mx.d.test", working("192.52.193.1"), without_starttls("192.52.193.2")))
    order = [list(Severity).index(finding.severity) for finding in judge(judge_servers(facts, NOW))]
    assert order == sorted(order)


V6 = "2620:4f::1"
A, B, C = "192.52.193.1", "192.52.193.2", "192.52.193.3"
LEAVES = [certificate("mx.d.test"), expired("mx.d.test", sha256="old"), certificate("mx.d.test", sha256="new")]

# name, facts, codes that are raised
TOGETHER = [
    ("all dead", domain(server("mx.d.test", dead(A))), {"servers-all-dead"}),
    ("first dead", domain(server("a.test", dead(A), preference=5), server("b.test", working(B))), {"server-dead"}),
    ("last dead", domain(server("a.test", working(A)), server("b.test", dead(B), preference=20)), {"server-decoy"}),
    ("an equal dead", domain(server("a.test", working(A)), server("b.test", dead(B))), {"server-dead"}),
    ("one address dead", domain(server("mx.d.test", working(A), dead(B))), {"server-address-dead"}),
    ("all IPv6 dead", domain(server("mx.d.test", working(A), dead(V6))), {"server-ipv6-dead"}),
    ("IPv4 and IPv6 dead", domain(server("mx.d.test", working(A), dead(B), dead(V6))), {"server-address-dead"}),
    (
        "versions differ",
        domain(server("mx.d.test", working(A), working(B, version="TLSv1.2"))),
        {"server-addresses-differ"},
    ),
    (
        "one certificate expired",
        domain(server("mx.d.test", working(A), working(B, leaf="old")), certificates=LEAVES),
        {"server-addresses-differ"},
    ),
    (
        "two good certificates",
        domain(server("mx.d.test", working(A), working(B, leaf="new")), certificates=LEAVES),
        {"server-certificates-differ"},
    ),
    ("alike", domain(server("mx.d.test", working(A), working(B))), set()),
    ("nothing seen", domain(server("mx.d.test", not_tried(Reason.NO_ADDRESS_FAMILY, V6))), {"servers-not-determined"}),
    (
        "one server not seen",
        domain(server("a.test", working(A)), server("b.test", not_tried(Reason.DEADLINE, B))),
        {"server-not-determined"},
    ),
]


@pytest.mark.parametrize(("name", "facts", "codes"), TOGETHER, ids=[case[0] for case in TOGETHER])
def test_rules_over_servers_together(name: str, facts: DomainFacts, codes: set[str]) -> None:
    """What no single address shows; nothing else of this kind is raised."""
    own = {entry.code for entry in CATALOGUES[0]}
    assert set(raised(facts)) & own == codes, name


ODD = [
    ("the one of three", ("TLSv1.3", "TLSv1.2", "TLSv1.3"), B),
    ("the one of three, though it is better", ("TLSv1.2", "TLSv1.2", "TLSv1.3"), C),
    ("of two the worse", ("TLSv1.2", "TLSv1.3"), A),
]


@pytest.mark.parametrize(("name", "versions", "odd"), ODD, ids=[case[0] for case in ODD])
def test_the_odd_address_is_named(name: str, versions: tuple[str, ...], odd: str) -> None:
    """The address that differs from most is the one to look at."""
    endpoints = [working(address, version=version) for address, version in zip((A, B, C), versions, strict=False)]
    [finding] = raised(domain(server("mx.d.test", *endpoints)))["server-addresses-differ"]
    assert finding.params["addresses"] == odd, name


def test_a_server_without_addresses_is_left_to_dns() -> None:
    """The look-up's own rules say so; a second finding would only repeat it."""
    nothing = domain(server("mx.d.test"))
    assert not {"servers-all-dead", "server-dead"} & set(raised(replace(nothing, certificates=())))


def with_further(*certificates: CertificateFacts) -> dict[str, list[Judged]]:
    """A server with a good certificate for an elliptic key, and with these for senders that want another kind."""
    first = certificate("mx.d.test", key="EC secp256r1")
    tls = asked(replace(STRICT, chains=tuple(further.chain_id for further in certificates)))
    endpoint = replace(working(A), tls=tls)
    return raised(domain(server("mx.d.test", endpoint), certificates=[first, *certificates]))


def test_a_certificate_of_another_kind_is_judged_too() -> None:
    """Some senders are shown that one; what came for another server's name says nothing of this one."""
    [found] = with_further(expired("mx.d.test", sha256="rsa"))["certificate-expired"]
    assert found.subject.address is None
    assert "certificate-good" in with_further(expired("mx.d.test", sha256="rsa"))
    assert "certificate-expired" not in with_further(expired("other.test", sha256="rsa"))
    assert "certificate-expired" not in with_further(certificate("mx.d.test", sha256="rsa"))


def test_tls_that_no_mail_gets_through_is_no_praise() -> None:
    """554 to EHLO inside TLS, twice: the certificate stays good, and how the handshake ended is nothing to boast of."""
    tls = TlsFacts(nist=shaken())
    refusing, well = talking(ehlo_tls=ehlo(code=554), tls=tls), talking(ehlo_tls=ehlo(), tls=tls)
    assert "tls-current" in raised(domain(server("mx.d.test", well)))
    found = raised(domain(server("mx.d.test", refusing)))
    assert "tls-current" not in found
    assert {"smtp-tls-level-refused", "certificate-good"} <= found.keys()
