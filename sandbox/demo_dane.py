"""Demo domains that pin their servers' certificates in DNS (DANE), or whose DNS is signed badly."""

from typing import Any

from checker.assessment.dane_state import Dane
from checker.assessment.level import Level
from checker.names import parse_domain
from sandbox.demo import ZONE, DemoDomain, DemoServer, Shows
from sandbox.demo_policies import RECORD, REPORTING, policy, policy_host
from sandbox.pins import Of, Pin
from sandbox.resolver import Told

KEY = Pin(3, 1, 1)  # the server's own key, as most pin it
OTHER_KEY = Pin(3, 1, 1, Of.ANOTHER)


def _pinned(name: str, found: tuple[Dane | None, Level], words: tuple[str, str], **more: Any) -> DemoDomain:
    """A domain in a signed zone. ``found`` is what a scan finds, ``words`` its title and its note."""
    (dane, level), (title, note) = found, words
    fields = {"group": "Certificates pinned in DNS", "security": "secure", **more}
    return DemoDomain(name=parse_domain(f"{name}.{ZONE}"), title=title, note=note, dane=dane, level=level, **fields)


def _server(number: int, *tlsa: Pin, label: str = "mx", preference: int = 10, **more: Any) -> DemoServer:
    """A mail server at 192.52.193.number with these records."""
    address = f"192.52.193.{number}"
    return DemoServer(label=label, preference=preference, ipv4=(address,), **{"tlsa": tlsa} | more)


def _policy(number: int, name: str) -> dict[str, Any]:
    """An enforced policy that lists the server, and a host behind the server of that number."""
    host = policy_host(number, policy("enforce", f"mx.{name}.{ZONE}"))
    return {"mta_sts": "enforce", "records": (RECORD,), "reporting": (REPORTING,), "policy_host": host}


DANE = (
    _pinned(
        "dane-valid",
        ("valid", "enforced"),
        ("A key pinned in signed DNS", "DNS says which key each server has, and senders that know DANE insist on it."),
        servers=(
            _server(140, KEY, label="mx1", ipv6=("3ffe::140",)),
            _server(141, KEY, label="mx2", preference=20),
        ),
        group="To begin with",
    ),
    _pinned(
        "dane-broken",
        ("broken", "losing-mail"),
        ("A key that was changed, and a pin that wasn’t", "Senders that know DANE turn away from the only server."),
        servers=(_server(142, OTHER_KEY),),
        group="To begin with",
    ),
    _pinned(
        "dane-partial",
        ("partial", "partly-enforced"),
        ("A pin that fits one server of two", "Senders that know DANE never use the backup, also when they need it."),
        servers=(_server(144, KEY, label="mx1"), _server(145, OTHER_KEY, label="mx2", preference=20)),
    ),
    _pinned(
        "dane-insecure",
        ("insecure", "ready"),
        ("A pin in DNS that isn’t signed", "Anybody on the way could change the record, so no sender goes by it."),
        servers=(_server(146, KEY),),
        security="insecure",
    ),
    _pinned(
        "dane-unusable",
        ("unusable", "ready"),
        ("Pins that mail senders can’t use", "Two are of a kind for web sites, and the third is a byte too short."),
        servers=(_server(148, Pin(0, 0, 1, Of.ISSUER), Pin(1, 1, 1), Pin(3, 1, 1, is_cut=True)),),
    ),
    _pinned(
        "dane-issuer",
        ("valid", "enforced"),
        ("An authority pinned in place of a key", "Any certificate that this authority issues for the server will do."),
        servers=(_server(150, Pin(2, 0, 1, Of.ISSUER)),),
    ),
    _pinned(
        "dane-self-signed",
        ("valid", "enforced"),
        ("Pinned, and signed by nobody else", "No authority vouches for the server, and signed DNS does in its place."),
        servers=(_server(152, KEY, shows=Shows.SELF_SIGNED),),
    ),
    _pinned(
        "dane-alias",
        ("valid", "enforced"),
        ("A mail server by another name", "Its name in DNS is an alias, and the pin stands at the name behind it."),
        servers=(_server(154, KEY, alias_of="server"),),
    ),
    _pinned(
        "dane-roll-over",
        ("valid", "enforced"),
        ("A key about to change", "The next key is pinned beside the one in use, so no mail waits on the day."),
        servers=(_server(156, KEY, OTHER_KEY),),
    ),
    _pinned(
        "dane-look-up-fails",
        ("broken", "losing-mail"),
        ("A look-up that fails", "The name servers don’t answer for pins, so careful senders don’t use the server."),
        servers=(_server(158, tlsa=Told.SERVFAIL),),
    ),
    _pinned(
        "dnssec-bogus",
        (None, "losing-mail"),
        ("DNS with a wrong signature", "Senders that check signatures don’t even learn where mail should go."),
        servers=(_server(160),),
        security="bogus",
        mta_sts=None,
    ),
    _pinned(
        "dane-against-sts",
        ("valid", "losing-mail"),
        ("Two promises at odds", "The pin fits. But the policy asks for a certificate that some authority issued."),
        servers=(_server(162, KEY, shows=Shows.SELF_SIGNED),),
        **_policy(162, "dane-against-sts"),
    ),
    _pinned(
        "dane-and-sts",
        ("valid", "enforced"),
        (
            "Both promises, and both kept",
            "Whoever knows DANE goes by the pin, and whoever knows MTA-STS by the policy.",
        ),
        servers=(_server(164, KEY),),
        caa=((0, "issue", f"ca.{ZONE}"),),
        group="To begin with",
        **_policy(164, "dane-and-sts"),
    ),
)
