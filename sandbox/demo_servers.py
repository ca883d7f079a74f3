"""Demo domains that show what mail servers may be like. They promise nothing."""

from checker.assessment.level import Level
from checker.names import parse_domain
from sandbox.demo import OLD, WEAK, ZONE, DemoDomain, DemoServer, Shows


def _demo(name: str, level: Level, title: str, note: str, *servers: DemoServer) -> DemoDomain:
    return DemoDomain(name=parse_domain(f"{name}.{ZONE}"), title=title, note=note, level=level, servers=servers)


SERVERS = (
    _demo(
        "all-good",
        "ready",
        "Everything in order",
        "Two servers, each with encryption and a valid certificate.",
        DemoServer(label="mx1", preference=10, ipv4=("192.52.193.11",), ipv6=("3ffe::11",)),
        DemoServer(label="mx2", preference=20, ipv4=("192.52.193.12",)),
    ),
    _demo(
        "expired",
        "encrypted",
        "An expired certificate",
        "Mail travels encrypted, but a sender that checks certificates turns away.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.21",), shows=Shows.EXPIRED),
    ),
    _demo(
        "wrong-name",
        "encrypted",
        "A certificate for another name",
        "The server shows a certificate that was made for a different server.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.31",), shows=Shows.WRONG_NAME),
    ),
    _demo(
        "self-signed",
        "encrypted",
        "A self-signed certificate",
        "The server vouches for itself, and nobody else does.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.41",), shows=Shows.SELF_SIGNED),
    ),
    _demo(
        "no-starttls",
        "exposed",
        "No encryption",
        "The server takes mail, but only in clear text.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.51",), shows=Shows.NONE),
    ),
    _demo(
        "one-dead",
        "degraded",
        "One dead server of two",
        "The first server refuses connections; the second takes the mail.",
        DemoServer(label="mx1", preference=10, ipv4=("192.52.193.61",), is_dead=True),
        DemoServer(label="mx2", preference=20, ipv4=("192.52.193.62",)),
    ),
    _demo(
        "slow",
        "ready",
        "A slow greeting",
        "The server is in order, but lets senders wait before it says a word.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.71",), is_slow=True),
    ),
    _demo(
        "weak-tls",
        "ready",
        "Old encryption beside good",
        "The server encrypts well with whoever can, and takes old versions and weak ciphers from whoever can’t.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.72",), shows=Shows.RSA, takes=WEAK),
    ),
    _demo(
        "old-tls",
        "encrypted",
        "Nothing newer than TLS 1.1",
        "The server knows only versions that were withdrawn, and newer senders don’t agree on them.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.73",), shows=Shows.RSA, takes=OLD),
    ),
    _demo(
        "null-mx",
        "no-mail",
        "No mail wanted",
        "The domain says in DNS that it takes no mail.",
    ),
)

CONTROL = _demo(
    "control",
    "ready",
    "The control hosts",
    "Servers that answer everyone, asked only whether port 25 is open.",
    DemoServer(label="mx1", preference=10, ipv4=("192.52.193.252",)),
    DemoServer(label="mx2", preference=20, ipv4=("192.52.193.253",)),
)
