"""What a report shows of one failure: it is there, it isn't, or that could not be told.

The one rule of this file: it reads the report alone, and what is null there is never a no.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from checker.assessment.address_state import STS_VERSIONS
from checker.pasted.known import Sight
from checker.report.document import Report
from checker.report.document_servers import CertificateSection, EndpointSection, ServerSection

_UNDETERMINED = ("not-tried", "blocked-address", "no-address-family", None)
NO_SERVER = ("null-mx", "none", "nxdomain")
_BEFORE_TLS = ("connect", "greeting", "ehlo")


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: a server of the report, and those of its addresses that count."""

    server: ServerSection
    endpoints: tuple[EndpointSection, ...]

    @property
    def host(self) -> str:
        """The server's name."""
        return self.server["host"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Is the failure there? ``why`` is a sentence, or, where it isn't or can't be told, a part of one."""

    is_there: bool | None
    why: str


def look(sight: Sight, report: Report, places: tuple[Place, ...]) -> Evidence:
    """What the report shows of it at these places. What is about the domain is the same at each."""
    there, gone, untold = _WORDS[sight]
    flags = [(_test(sight, report, place), place.host) for place in places]
    if not places and sight in _OF_DOMAIN:
        flags = [(_OF_DOMAIN[sight](report), report["domain"])]
    at_fault = next((host for flag, host in flags if flag), None)
    if at_fault is not None:
        return Evidence(True, there.format(host=at_fault))
    if flags and all(flag is False for flag, _ in flags):
        return Evidence(False, gone)
    return Evidence(None, untold)


def _test(sight: Sight, report: Report, place: Place) -> bool | None:
    """True where one of those who may be at fault is. A server without addresses tells nothing of what they do."""
    if sight == "listing":
        return _is_unlisted(report, place.host)
    flags: list[bool | None] = []
    if sight in _OF_DOMAIN:
        flags.append(_OF_DOMAIN[sight](report))
    if sight in _OF_SERVER:
        flags.append(_OF_SERVER[sight](place.server))
    if sight in _OF_ENDPOINT:
        flags += [_OF_ENDPOINT[sight](report, place.host, endpoint) for endpoint in place.endpoints] or [None]
    return _any(flags)


def _any(flags: Iterable[bool | None]) -> bool | None:
    """True beats null beats false."""
    given = tuple(flags)
    return True if True in given else None if None in given else False


def _no_connection(report: Report, host: str, endpoint: EndpointSection) -> bool | None:
    if endpoint["outcome"] in _UNDETERMINED:
        return None
    if endpoint["stage"] not in _BEFORE_TLS or endpoint["outcome"] in ("tls", "no-starttls"):
        return False
    return True if report["vantage"]["smtp"] == "open" else None


def _no_starttls(report: Report, host: str, endpoint: EndpointSection) -> bool | None:
    if endpoint["outcome"] in ("no-starttls", "starttls-refused"):
        return True
    if endpoint["stage"] == "starttls":
        return True
    return False if endpoint["stage"] in ("handshake", "ehlo-tls") or endpoint["outcome"] == "tls" else None


def _no_handshake(report: Report, host: str, endpoint: EndpointSection) -> bool | None:
    if endpoint["outcome"] == "tls":
        negotiated = endpoint["tls"]["negotiated"] if endpoint["tls"] else None
        return negotiated is not None and negotiated["version"] not in STS_VERSIONS
    return True if endpoint["stage"] in ("handshake", "ehlo-tls") else None


def _untrusted(report: Report, host: str, endpoint: EndpointSection) -> bool | None:
    return _of_certificates(report, endpoint, lambda leaf: leaf["trusted"])


def _out_of_dates(report: Report, host: str, endpoint: EndpointSection) -> bool | None:
    return _of_certificates(report, endpoint, lambda leaf: leaf["in_dates"])


def _misnamed(report: Report, host: str, endpoint: EndpointSection) -> bool | None:
    return _of_certificates(report, endpoint, lambda leaf: leaf["name_match"].get(host))


def _of_certificates(
    report: Report, endpoint: EndpointSection, is_well: Callable[[CertificateSection], bool | None]
) -> bool | None:
    leaves = [report["certificates"][leaf] for leaf in endpoint["certificates"] if leaf in report["certificates"]]
    flags = [is_well(leaf) for leaf in leaves]
    return None if not flags else _any(None if flag is None else not flag for flag in flags)


def _mismatch(report: Report, host: str, endpoint: EndpointSection) -> bool | None:
    status = endpoint["dane"]["status"]
    return None if status in (None, "failed") else status == "invalid"


def _no_dane(server: ServerSection) -> bool | None:
    status = server["tlsa"]["status"]
    return None if status in (None, "failed") else status != "usable"


def _dnssec_of_server(server: ServerSection) -> bool | None:
    if server["tlsa"]["status"] == "failed" or "bogus" in (server["dnssec"]["address"], server["dnssec"]["tlsa"]):
        return True
    return None if server["tlsa"]["status"] is None else False


def _dnssec_of_domain(report: Report) -> bool | None:
    status = report["mx"]["dnssec"]
    return None if status is None else status == "bogus"


def _no_addresses(server: ServerSection) -> bool | None:
    status = server["address_status"]
    return None if status is None else status in ("none", "nxdomain")


def _dns_of_server(server: ServerSection) -> bool | None:
    status = server["address_status"]
    return None if status is None else status == "failed"


def _dns_of_domain(report: Report) -> bool | None:
    status = report["mx"]["status"]
    return None if status is None else status in ("failed", "nxdomain")


def _no_mail(report: Report) -> bool | None:
    status = report["mx"]["status"]
    return None if status in (None, "failed") else status in NO_SERVER


def _no_policy(report: Report) -> bool | None:
    record, policy = report["mta_sts"]["record"]["status"], report["mta_sts"]["policy"]["status"]
    if record == "invalid" or policy in ("invalid", "unfetchable"):
        return True
    return False if policy == "valid" or (record, policy) == ("absent", "absent") else None


def _is_unlisted(report: Report, host: str) -> bool | None:
    """By the policy that there is, or by the one that a sender of the simulation still holds."""
    cached = (d for d in report["deliveries"] if d["sender"] == "mta-sts-cached" and d["variant"] is None)
    if any(step["action"] == "skip" and step["host"] == host for delivery in cached for step in delivery["steps"]):
        return True
    uncovered, policy = report["mta_sts"]["uncovered"], report["mta_sts"]["policy"]
    if uncovered is None:
        return None if policy["status"] in (None, "not-tried") else False
    return policy["mode"] == "enforce" and host in uncovered


_OF_ENDPOINT: dict[Sight, Callable[[Report, str, EndpointSection], bool | None]] = {
    "connection": _no_connection,
    "starttls": _no_starttls,
    "handshake": _no_handshake,
    "trust": _untrusted,
    "dates": _out_of_dates,
    "name": _misnamed,
    "tlsa": _mismatch,
}
_OF_SERVER: dict[Sight, Callable[[ServerSection], bool | None]] = {
    "connection": _no_addresses,
    "dns": _dns_of_server,
    "dnssec": _dnssec_of_server,
    "no-dane": _no_dane,
}
_OF_DOMAIN: dict[Sight, Callable[[Report], bool | None]] = {
    "dns": _dns_of_domain,
    "no-mail": _no_mail,
    "dnssec": _dnssec_of_domain,
    "policy": _no_policy,
}
# it is there; it isn't; it could not be told
_WORDS: dict[Sight, tuple[str, str, str]] = {
    "connection": ("{host} can’t be reached now.", "it can be reached", "whether it can be reached"),
    "dns": ("DNS gives no answer about {host} now.", "DNS answers", "whether DNS answers"),
    "no-mail": (
        "{host} takes no mail now: there is no such domain, it has no server, or it says so.",
        "the domain takes mail",
        "whether the domain takes mail",
    ),
    "dnssec": (
        "What DNS says about {host} is not what was signed, or there is no answer about its TLSA records.",
        "what DNS says holds",
        "whether what DNS says holds: that takes a resolver that checks DNSSEC",
    ),
    "starttls": ("{host} does not start TLS.", "it starts TLS", "whether it starts TLS"),
    "handshake": (
        "TLS with {host} doesn’t come about: it breaks off, or there is nothing newer than TLS 1.1.",
        "TLS comes about",
        "whether TLS comes about",
    ),
    "trust": (
        "No authority that senders trust vouches for the certificate of {host}.",
        "its certificate comes from an authority that senders trust",
        "whether its certificate is trusted",
    ),
    "dates": (
        "The certificate of {host} has expired or isn’t valid yet.",
        "its certificate is within its dates",
        "whether its certificate is within its dates",
    ),
    "name": (
        "The certificate of {host} is not for this name.",
        "its certificate is for its name",
        "whether its certificate is for its name",
    ),
    "listing": (
        "The MTA-STS policy that senders go by does not list {host}.",
        "no policy that insists leaves it out",
        "whether the MTA-STS policy lists it",
    ),
    "policy": (
        "Senders can’t get a valid MTA-STS policy now.",
        "senders can get the policy, or there is none",
        "whether senders can get the MTA-STS policy",
    ),
    "tlsa": (
        "No TLSA record matches the certificate of {host}.",
        "no TLSA record contradicts its certificate",
        "whether a TLSA record matches its certificate",
    ),
    "no-dane": (
        "{host} has no TLSA record that is signed and usable.",
        "it has TLSA records that are signed and usable",
        "whether it has TLSA records that are signed and usable",
    ),
}
