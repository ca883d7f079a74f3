"""A small mail world of real servers on loopback: nsd, unbound and Postfix from Debian packages.

One domain a situation, one Postfix with a listener a server; the zone also holds the domains whose policy hosts are in
``policy_lab``. Everything lives in a temporary folder, on ports
above 1024 of 127.0.25.0/24, and ends with the test run.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

from tests.real import name_servers, policy_lab, postfix
from tests.real.processes import KeyFiles, LabError, connects

SMTP_PORT = 2525
NSD = ("127.0.25.53", 5301)
UNBOUND = ("127.0.25.54", 5302)
SERVERS = {
    "good": "127.0.25.1",
    "expired": "127.0.25.2",
    "plain": "127.0.25.3",
    "wrong": "127.0.25.4",
    "oldtls": "127.0.25.5",
    "tls12": "127.0.25.6",
    "nonist": "127.0.25.7",
    "anonymous": "127.0.25.8",
}
OPTIONS = {
    "oldtls": ("smtpd_tls_protocols=<=TLSv1.1",),
    "tls12": ("smtpd_tls_protocols=<=TLSv1.2",),
    "nonist": ("smtpd_tls_protocols=<=TLSv1.2", "tls_medium_cipherlist=CHACHA20"),
    "anonymous": ("smtpd_tls_protocols=<=TLSv1.2", "tls_medium_cipherlist=aNULL"),
}
PROGRAMS = ("postfix", "nsd", "unbound", "nginx")


@dataclass(frozen=True, slots=True)
class Lab:
    """The running lab: the settings with which Mailseal sees it as the world."""

    ca_file: Path

    @property
    def environment(self) -> dict[str, str]:
        """The settings that point Mailseal at the lab."""
        return {
            "MAILSEAL_RESOLVERS": f"{UNBOUND[0]}:{UNBOUND[1]}",
            "MAILSEAL_CA_FILE": str(self.ca_file),
            "MAILSEAL_ALLOW_NETWORKS": "127.0.25.0/24",
            "MAILSEAL_SMTP_PORT": str(SMTP_PORT),
            "MAILSEAL_HTTPS_PORT": str(policy_lab.LISTENS[1]),
            "MAILSEAL_HELO_NAME": "probe.lab.test",
        }


ZONE = """\
$ORIGIN lab.test.
$TTL 60
@       IN SOA  ns.lab.test. hostmaster.lab.test. 1 3600 600 86400 60
@       IN NS   ns
ns      IN A    127.0.25.53
good    IN MX   10 mx-good
expired IN MX   10 mx-expired
plain   IN MX   10 mx-plain
wrong   IN MX   10 mx-wrong
oldtls  IN MX   10 mx-oldtls
tls12   IN MX   10 mx-tls12
nonist  IN MX   10 mx-nonist
anonymous IN MX 10 mx-anonymous
deadmx  IN MX   10 mx-good
deadmx  IN MX   20 mx-gone
three   IN MX   10 mx-good
three   IN MX   20 mx-expired
three   IN MX   30 mx-plain
nomail  IN MX   0 .
empty   IN TXT  "no mail server and no address here"
mx-good    IN A 127.0.25.1
mx-expired IN A 127.0.25.2
mx-plain   IN A 127.0.25.3
mx-wrong   IN A 127.0.25.4
mx-oldtls  IN A 127.0.25.5
mx-tls12   IN A 127.0.25.6
mx-nonist  IN A 127.0.25.7
mx-anonymous IN A 127.0.25.8
"""

STUB_ZONE = f"""\
stub-zone:
  name: lab.test
  stub-addr: {NSD[0]}@{NSD[1]}
"""


@contextmanager
def running(folder: Path, keys: Mapping[str, KeyFiles], ca_file: Path) -> Iterator[Lab]:
    """Start the lab in ``folder``, which user postfix can reach.

    ``keys`` is by server name; a server without any offers no TLS.
    """
    _refuse_what_was_left()
    folder.mkdir(parents=True)
    zone = folder / "lab.test.zone"
    zone.write_text(ZONE + policy_lab.zone())
    with ExitStack() as stack:
        stack.enter_context(name_servers.nsd(folder / "nsd", NSD, {"lab.test": zone}, lambda: _answers(*NSD)))
        unbound = name_servers.unbound(folder / "unbound", UNBOUND, "iterator", STUB_ZONE, lambda: _answers(*UNBOUND))
        stack.enter_context(unbound)
        listeners = (_listener(name, address, keys.get(name)) for name, address in SERVERS.items())
        stack.enter_context(postfix.running(folder / "postfix", "".join(listeners)))
        yield Lab(ca_file)


def _refuse_what_was_left() -> None:
    """Postfix of a test run that was killed may still listen, beside ours, and answer with its own certificates."""
    ports = [*((address, SMTP_PORT, "master") for address in SERVERS.values()), (*policy_lab.LISTENS, "nginx")]
    for address, port, program in ports:
        if connects(address, port):
            raise LabError(f"something listens on {address} port {port} already: stop it (pkill -x {program})")


def _listener(name: str, address: str, keys: KeyFiles | None) -> str:
    options = [f"myhostname=mx-{name}.lab.test", *OPTIONS.get(name, ())]
    if keys:
        options += ["smtpd_tls_security_level=may", f"smtpd_tls_chain_files={keys.key},{keys.chain}"]
    return postfix.service(f"{address}:{SMTP_PORT}", "smtpd", *options)


def _answers(address: str, port: int) -> bool:
    """Does the name server there know the lab's zone?"""
    query = dns.message.make_query("good.lab.test", dns.rdatatype.MX)
    try:
        return bool(dns.query.udp(query, address, timeout=1, port=port).answer)
    except (dns.exception.DNSException, OSError):
        return False
