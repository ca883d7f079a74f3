"""The conditions that each server must meet, as a tick list: those of LuxSci's article, server by server.

A server works where one of its addresses works; everything else must hold on every address that works. The one rule
of this file: what was not seen is null, and what was not reached because it ended earlier is no judgement.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from checker.report.document import CertificateSection, EndpointSection, Report, ServerSection

_UNSEEN = (None, "blocked-address", "no-address-family", "not-tried")
_LEFT_OUT = ("blocked-address", "no-address-family")
_BEHIND_EHLO = ("starttls", "handshake", "ehlo-tls")
_CURRENT = ("TLSv1.2", "TLSv1.3")


@dataclass(frozen=True, slots=True)
class Tick:
    """One condition. ``is_met`` is null where that could not be told, or where it ended earlier."""

    name: str
    is_met: bool | None
    was_reached: bool = True


def ticks(server: ServerSection, report: Report) -> tuple[Tick, ...]:
    """The conditions in the order in which a sender meets them."""
    working = [endpoint for endpoint in server["endpoints"] if _works(endpoint)]
    encrypting = [endpoint for endpoint in working if endpoint["tls"]]
    works, starts_tls = _server_works(server), _on_all(map(_starts_tls, working))

    def of_certificate(claim: Callable[[CertificateSection], bool | None]) -> bool | None:
        return _on_all(_judged(endpoint, report, claim) for endpoint in encrypting)

    return (
        Tick("works", works),
        Tick("STARTTLS", starts_tls, was_reached=works is not False),
        *(
            Tick(name, is_met, was_reached=bool(encrypting) or False not in (works, starts_tls))
            for name, is_met in (
                ("TLS 1.2 or newer", _on_all(map(_is_current, encrypting))),
                ("in date", of_certificate(lambda certificate: certificate["in_dates"])),
                ("name matches", of_certificate(lambda certificate: certificate["name_match"].get(server["host"]))),
                ("trusted", of_certificate(lambda certificate: certificate["trusted"])),
            )
        ),
    )


def _server_works(server: ServerSection) -> bool | None:
    if server["address_status"] in ("none", "nxdomain"):
        return False
    # An address that may not or cannot be tried from here is left out, as in the verdict.
    claims = [_works(e) for e in server["endpoints"] if e["outcome"] not in _LEFT_OUT]
    if True in claims:
        return True
    return None if None in claims or not claims else False


def _works(endpoint: EndpointSection) -> bool | None:
    """Does it connect, greet and answer EHLO?"""
    if endpoint["stage"] in _BEHIND_EHLO or endpoint["outcome"] == "no-starttls":
        return True
    return None if endpoint["outcome"] in _UNSEEN else False


def _starts_tls(endpoint: EndpointSection) -> bool | None:
    if endpoint["tls"]:
        return True
    return None if endpoint["outcome"] in _UNSEEN else False


def _is_current(endpoint: EndpointSection) -> bool | None:
    """Every version was offered, so an older one chosen means that there is no newer one."""
    negotiated = endpoint["tls"]["negotiated"] if endpoint["tls"] else None
    return negotiated["version"] in _CURRENT if negotiated else None


def _judged(
    endpoint: EndpointSection, report: Report, claim: Callable[[CertificateSection], bool | None]
) -> bool | None:
    """What is claimed of the certificates of an address. One that can't be read, or none at all, meets nothing."""
    shown = [report["certificates"].get(sha256) for sha256 in endpoint["certificates"]]
    if not shown:
        return False
    return _on_all(None if each is None else not each["error"] and claim(each) for each in shown)


def _on_all(claims: Iterable[bool | None]) -> bool | None:
    """False beats null beats true; null of nothing."""
    seen = set(claims)
    return False if False in seen else None if None in seen or not seen else True
