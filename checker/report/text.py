"""The report for a terminal: plain text, wrapped, worst first.

The one rule of this file: every line passes through ``printable`` last, so that nothing a peer sent can move the
cursor, change a colour or start a line of its own.
"""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator

from checker.assessment.conditions import Condition, PolicyCondition
from checker.assessment.headline import TITLES
from checker.printable import printable
from checker.report.document import DeliveryEntry, Report, StepEntry
from checker.report.document_findings import FindingEntry
from checker.report.document_policies import DefectEntry
from checker.report.document_servers import EndpointSection, ServerSection, Weakness

WIDTH = 80
LINE_CHARACTERS = 2000  # of one line as it is printed

_NO_MAIL = {"nxdomain": "No such domain", "none": "No mail server"}
_CONDITIONS: dict[Condition, str] = {
    "works": "works",
    "starttls": "STARTTLS",
    "tls-1.2": "TLS 1.2 or newer",
    "in-dates": "in date",
    "name-matches": "name matches",
    "trusted": "trusted",
}
_POLICY_CONDITIONS: dict[PolicyCondition, str] = {
    "txt-record": "TXT record",
    "secure-site": "secure web site",
    "policy-file": "policy file",
    "servers-listed": "servers listed",
}
_PUBLISHED = {
    "valid": "valid",
    "invalid": "invalid",
    "absent": "none published",
    "failed": "could not be looked up",
    "unfetchable": "can't be fetched",
    "not-tried": "not asked for",
}
_SEVERITIES = {
    "critical": "Critical",
    "serious": "Serious",
    "advice": "Advice",
    "note": "Note",
    "good": "Good",
    "unknown": "Could not tell",
}
_SENDERS = {
    "opportunistic": "Encrypts when it can, checks nothing",
    "mandatory-tls": "Insists on encryption, checks no certificate",
    "forced-tls": "Forced TLS: sends only if every server encrypts",
    "verified-tls": "Checks the certificate against the server's name",
    "mta-sts": "Obeys MTA-STS, meeting the domain for the first time",
    "mta-sts-cached": "Obeys MTA-STS, with the policy remembered",
    "dane": "Obeys DANE",
    "dane-mta-sts": "Obeys DANE and MTA-STS",
}
_FATES = {
    "authenticated": "arrives, verified",
    "encrypted": "arrives, encrypted",
    "plaintext": "arrives in clear text",
    "deferred": "waits, then bounces",
    "refused": "bounces at once",
    "unknown": "could not tell",
}
_OUTCOMES = {
    "tls": "encrypts",
    "no-starttls": "offers no STARTTLS",
    "starttls-refused": "refuses STARTTLS",
    "handshake-failed": "the TLS handshake fails",
    "refused": "refuses the connection",
    "unreachable": "is unreachable",
    "timeout": "gives no answer in time",
    "reset": "cuts the connection",
    "closed": "hangs up",
    "greeting-4xx": "turns us away for now",
    "greeting-5xx": "turns us away for good",
    "ehlo-refused": "refuses EHLO",
    "bad-reply": "gives an answer that is no SMTP",
    "blocked-address": "not dialled: not a public address",
    "no-address-family": "could not tell: no such network here",
    "not-tried": "could not tell",
}
_WEAKNESSES: dict[Weakness, str] = {
    "anonymous": "suites without a certificate",
    "export": "export ciphers",
    "null": "NULL (no encryption)",
    "rc4": "RC4",
    "3des": "3DES",
    "static-rsa": "suites without forward secrecy",
    "weak-group": "short curves",
    "weak-dh": "short DH primes",
    "compression": "compression",
    "insecure-renegotiation": "insecure renegotiation",
    "sha1-signature": "signatures with SHA-1",
    "plaintext-injection": "commands sent before encryption",
}
_TLSA = {
    "insecure": "without effect, for DNSSEC does not protect them",
    "unusable": "senders can use none of them",
    "usable": "senders that know DANE go by them",
    "failed": "the look-up fails, so senders that know DANE do not deliver",
}
_TICKED = {True: "yes", False: "NO", None: "could not tell"}
_WHO = {"dns": "whoever edits the DNS", "policy host": "whoever runs the policy host", "sender": "the sending side"}
_ACTIONS = {"skip": "skipped", "fail": "fails", "deliver": "delivered", "try": "tried"}


def render(report: Report) -> str:
    """The report as lines of text, ending with a line end."""
    sections = (_headline, _first_step, _promise, _servers, _deliveries, _findings, _limits, _foot)
    blocks = [list(section(report)) for section in sections]
    lines = [line for block in blocks if block for line in (*block, "")]
    return "".join(f"{_clean(line)}\n" for line in lines[:-1])


def _clean(line: str) -> str:
    return printable(line.encode("utf-8", "surrogatepass"), LINE_CHARACTERS)


def _wrapped(text: str, indent: int = 0, hanging: int = 0) -> list[str]:
    """Names and addresses are never broken, so that they can be copied."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def level_name(report: Report) -> str:
    """The level in words; ``no-mail`` has three kinds."""
    verdict = report["verdict"]
    if verdict is None:
        return "Cut short" if report["state"] == "partial" else "Checking"
    name = TITLES[verdict["level"]]
    return _NO_MAIL.get(report["mx"]["status"] or "", name) if verdict["level"] == "no-mail" else name


def _headline(report: Report) -> Iterator[str]:
    is_ascii = report["domain"] == report["domain_unicode"]
    yield report["domain"] if is_ascii else f"{report['domain_unicode']} ({report['domain']})"
    verdict = report["verdict"]
    grade = "no grade"
    if verdict and verdict["grade"] is not None and verdict["score"] is not None:
        so_far = " so far, not everything was seen" if verdict["provisional"] else ""
        grade = f"grade {verdict['grade']}, {verdict['score']} of 100{so_far}"
    yield f"{level_name(report)}: {grade}"
    if verdict:
        yield ""
        yield from _wrapped(verdict["headline"])


def _first_step(report: Report) -> Iterator[str]:
    verdict = report["verdict"]
    if verdict and verdict["first_step"]:
        yield from _wrapped(f"First step: {verdict['first_step']}")


def _promise(report: Report) -> Iterator[str]:
    """MTA-STS and TLS reporting: what is published, what is wrong with it and where, and which conditions hold."""
    section, reporting = report["mta_sts"], report["tls_rpt"]
    record, policy = section["record"], section["policy"]
    if record["status"] is None and reporting["status"] is None:
        return
    yield "PROMISE"
    mode = f", mode {policy['mode']}, kept for {policy['max_age']} s" if policy["mode"] else ""
    error = f". {policy['error']}" if policy["error"] else ""
    yield from _wrapped(f"MTA-STS record: {_state(record['status'], report)}", 2, 2)
    yield from _published(record["txt"], record["defects"])
    yield from _wrapped(f"MTA-STS policy: {_state(policy['status'], report)}{mode}{error}", 2, 2)
    yield from _published(None, policy["defects"])
    for line in section["mx_lines"] or ():
        covered = ", ".join(line["covers"]) or "no server"
        yield from _wrapped(f"line {line['line']}, mx: {line['pattern']}, covers {covered}", 4, 2)
    if section["uncovered"] and policy["mode"] != "none":
        yield from _wrapped(f"no mx line covers {', '.join(section['uncovered'])}", 4, 2)
    if "absent" not in (record["status"], policy["status"]) and section["conditions"]:
        yield from _policy_ticks(section["conditions"])
    yield from _wrapped(f"TLS reports: {_state(reporting['status'], report)}", 2, 2)
    yield from _published(reporting["txt"], reporting["defects"])


def _state(status: str | None, report: Report) -> str:
    return _PUBLISHED.get(status or "", "waiting" if report["state"] == "running" else "could not tell")


def _published(texts: list[str] | None, defects: list[DefectEntry] | None) -> Iterator[str]:
    for text in texts or ():
        yield from _wrapped(text, 4, 2)
    for defect in defects or ():
        where = f"line {defect['line']}, column {defect['column']}: " if defect["line"] else ""
        yield from _wrapped(f"{where}{defect['detail']}", 4, 2)


def _policy_ticks(conditions: dict[PolicyCondition, bool | None]) -> list[str]:
    alike: dict[str, list[str]] = {"NO": [], "could not tell": [], "yes": []}
    for condition, name in _POLICY_CONDITIONS.items():
        alike[_TICKED[conditions.get(condition)]].append(name)
    return _alike(alike)


def _servers(report: Report) -> Iterator[str]:
    if report["servers"]:
        yield "SERVERS"
    for server in report["servers"]:
        yield from _wrapped(f"{server['host']}, preference {server['preference']}", 2, 2)
        yield from _ticks(server)
        yield from _pinned(server)
        yield from _addresses(server)


def _ticks(server: ServerSection) -> list[str]:
    """All that came out alike in one go."""
    alike: dict[str, list[str]] = {"NO": [], "could not tell": [], "yes": [], "not reached": []}
    for condition, name in _CONDITIONS.items():
        is_behind = condition in server["not_reached"]
        alike["not reached" if is_behind else _TICKED[server["conditions"][condition]]].append(name)
    return _alike(alike)


def _pinned(server: ServerSection) -> Iterator[str]:
    """Its TLSA records, and which addresses fit them."""
    status = _TLSA.get(server["tlsa"]["status"] or "")
    if status is None:
        return
    yield from _wrapped(f"TLSA records: {status}", 4, 2)
    for record in server["tlsa"]["records"] or ():
        kind = f"{record['usage']} {record['selector']} {record['matching']}"
        yield from _wrapped(f"{kind} {record['data']}{'' if record['usable'] else ' (of no use)'}", 6, 2)
    for endpoint in server["endpoints"]:
        if endpoint["dane"]["status"] in ("valid", "invalid"):
            fits = endpoint["dane"]["matched"]
            besides = ", and NOT WITH EVERY CERTIFICATE" if fits and endpoint["dane"]["status"] == "invalid" else ""
            yield from _wrapped(f"{endpoint['address']} {f'fits {fits}{besides}' if fits else 'FITS NONE'}", 6, 2)


def _alike(names_by_outcome: dict[str, list[str]]) -> list[str]:
    told = (f"{outcome}: {', '.join(names)}" for outcome, names in names_by_outcome.items() if names)
    return _wrapped("; ".join(told), 4, 2)


def _addresses(server: ServerSection) -> Iterator[str]:
    if server["address_status"] in ("none", "nxdomain", "failed"):
        why = {"none": "has no address", "nxdomain": "does not exist", "failed": "could not be looked up"}
        yield f"    This name {why[server['address_status']]}."
    for endpoint in server["endpoints"]:
        yield from _wrapped(f"{endpoint['address']}: {_ending(endpoint)}", 4, 2)
        yield from _inventory(endpoint)


def _inventory(endpoint: EndpointSection) -> Iterator[str]:
    """What else its TLS takes, and the standards that it would pass or fail."""
    tls = endpoint["tls"]
    if tls is None or not tls["asked"]:
        return
    accepted = [version.replace("TLSv", "TLS ") for version, is_so in tls["versions"].items() if is_so]
    yield from _wrapped(f"accepts {', '.join(reversed(accepted))}", 6, 2)
    weak = [_WEAKNESSES[weakness] for weakness, is_so in tls["weaknesses"].items() if is_so]
    if weak:
        yield from _wrapped(f"takes {', '.join(weak)}", 6, 2)
    told = {True: "passes", False: "FAILS", None: "could not tell"}
    standards = (f"{profile['name']}: {told[profile['passes']]}" for profile in tls["profiles"] or ())
    yield from _wrapped("; ".join(standards), 6, 2)


def _ending(endpoint: EndpointSection) -> str:
    negotiated = endpoint["tls"]["negotiated"] if endpoint["tls"] else None
    ended = _OUTCOMES[endpoint["outcome"]] if endpoint["outcome"] else "waiting"
    if negotiated and endpoint["outcome"] == "tls":
        return f"{ended} with {negotiated['version']}, {negotiated['cipher']}"
    return f"{ended}. {endpoint['detail']}" if endpoint["detail"] else ended


def _deliveries(report: Report) -> Iterator[str]:
    """Each sender with what it does; what is the same for the next one is told once, behind both."""
    fallen = [delivery for delivery in report["deliveries"] if delivery["variant"] == "best-down"]
    if report["deliveries"]:
        yield "SENDERS"
    yield from _told([delivery for delivery in report["deliveries"] if delivery not in fallen])
    if fallen:
        yield "  With the best server down:"
    for delivery in fallen:
        yield from _wrapped(f"{_sender(delivery)}: {_FATES[delivery['outcome']]}{_codes(delivery)}", 4, 2)


def _told(deliveries: Iterable[DeliveryEntry]) -> Iterator[str]:
    told = [(f"{_sender(d)}: {_FATES[d['outcome']]}{_codes(d)}", [*_steps(d), *_words(d)]) for d in deliveries]
    for at, (fate, steps) in enumerate(told):
        yield from _wrapped(fate, 2, 2)
        if at + 1 == len(told) or told[at + 1][1] != steps:
            yield from steps


def _sender(delivery: DeliveryEntry) -> str:
    software = delivery["variant"] if delivery["variant"] != "best-down" else None
    variant = f" ({software})" if software else ""
    return f"{_SENDERS.get(delivery['sender'], delivery['sender'])}{variant}"


def _steps(delivery: DeliveryEntry) -> list[str]:
    ends = [step for step in delivery["steps"] if step["action"] != "try"]
    return [line for step in ends for line in _wrapped(_step(step), 4, 2)]


def _words(delivery: DeliveryEntry) -> list[str]:
    """What each software prints."""
    said = (f"{message['software']} prints: {message['text']}" for message in delivery["messages"])
    return [line for text in said for line in _wrapped(text, 4, 2)]


def _codes(delivery: DeliveryEntry) -> str:
    now, final = delivery["status_code"], delivery["final_status_code"]
    if not now:
        return ""
    return f" ({now}, in the end {final})" if final and final != now else f" ({now})"


def _step(step: StepEntry) -> str:
    where = " ".join(filter(None, (step["host"], f"({step['address']})" if step["address"] else "")))
    if not where:
        return step["why"] or "stops"
    return f"{where}: {step['why'] or _ACTIONS[step['action']]}"


def _findings(report: Report) -> Iterator[str]:
    if report["findings"]:
        yield "FINDINGS"
    worst_first = sorted(report["findings"], key=lambda finding: list(_SEVERITIES).index(finding["severity"]))
    for finding in worst_first:
        yield from _finding(finding)


def _finding(finding: FindingEntry) -> Iterator[str]:
    cost = f" (-{finding['cost']})" if finding["cost"] else ""
    address = finding["subject"]["address"]
    at = f" [{address}]" if address and address not in finding["title"] else ""
    yield from _wrapped(f"{_SEVERITIES[finding['severity']]}{cost}: {finding['title']}{at}", 2, 2)
    if finding["severity"] == "good":
        return
    yield from _wrapped(finding["detail"], 4)
    if finding["remedy"]:
        who = _WHO.get(finding["who"])
        yield from _wrapped(f"Remedy{f', for {who}' if who else ''}: {finding['remedy']}", 4)


def _limits(report: Report) -> Iterator[str]:
    """One entry for each reason, naming all that it covers. What nobody asked names itself."""
    subjects: dict[str, list[str]] = defaultdict(list)
    for limit in report["limits"]:
        path = limit["path"].removeprefix("servers.") if limit["code"] != "not-asked" else ""
        subjects[limit["detail"]].append(path)
    if subjects:
        yield "NOT SEEN"
    for detail, paths in subjects.items():
        named = ", ".join(path for path in dict.fromkeys(paths) if path)
        yield from _wrapped(f"{named}: {detail}" if named else detail, 2, 2)


def _foot(report: Report) -> Iterator[str]:
    software, vantage = report["software"], report["vantage"]
    families = "IPv4 and IPv6" if vantage["ipv6"] else "IPv4 only"
    yield from _wrapped(
        f"Checked {report['started_at']} in {report['duration_ms'] / 1000:.1f} s over {families}, "
        f"by Mailseal {software['version']}, scoring version {software['scoring_version']}."
    )
