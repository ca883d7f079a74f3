"""Mail that is really sent: one Postfix that sends, one that receives, a signed DNS and policy hosts, on loopback.

Postfix asks the name server of its own ``resolv.conf`` in its jail, and nothing but ports 53 and 25 will do: those of
127.0.30.0/24 are taken. postfix-mta-sts-resolver knows no jail, so it gets a mount namespace in which
``/etc/resolv.conf`` is ours; it is Debian's own otherwise. Everything ends with the context.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypedDict

from cryptography.x509 import Certificate

from sandbox.authority import Authority, Issued
from tests.real import dns_lab, policy_lab, postfix
from tests.real.delivery_cases import DOMAINS, Domain, name_of
from tests.real.delivery_servers import (
    SERVERS,
    SIGNED,
    SPOILT_A,
    SPOILT_MX,
    SPOILT_TLSA,
    UNDENIED,
    UNSIGNED,
    Server,
    host_of,
    tlsa_data,
)
from tests.real.dns_lab import Lines, Signing, Zone, tampered, without_denials
from tests.real.postfix_log import Attempt, attempts
from tests.real.processes import LabError, connects, key_files, process

NETWORK = "127.0.30"
POLICIES, MAPS = (f"{NETWORK}.80", 443), (f"{NETWORK}.4", 8461)
ADDRESSES = {name: IPv4Address(f"{NETWORK}.{100 + number}") for number, name in enumerate(SERVERS)}
type Case = tuple[str, str]
"""Domain and level."""

PATIENCE_S = 60
AGAIN_S = 2  # after which Postfix tries again; from then on it goes on in clear where TLS failed and none is demanded
_TRIES = 2
_POLICY_MAP = f"socketmap:inet:{MAPS[0]}:{MAPS[1]}:postfix"
LEVELS: Mapping[str, tuple[str, ...]] = {
    "may": ("smtp_tls_security_level=may",),
    "encrypt": ("smtp_tls_security_level=encrypt",),
    "secure": ("smtp_tls_security_level=secure", "smtp_tls_secure_cert_match=hostname"),
    "dane": ("smtp_tls_security_level=dane", "smtp_dns_support_level=dnssec"),
    "mta-sts": ("smtp_tls_security_level=may", f"smtp_tls_policy_maps={_POLICY_MAP}"),
}
"""Postfix's settings for each kind of sender. ``secure`` compares with the MX name; its default, the mail domain's own
name, suits only domains whose servers are named after them.
"""


class _Signing(TypedDict, total=False):
    signing: Signing | None
    breaks: Callable[[Lines], Lines]


_SIGNINGS: Mapping[str, _Signing] = {
    UNSIGNED: {"signing": None},
    UNDENIED: {"breaks": without_denials},
    SPOILT_A: {"breaks": tampered("A")},
    SPOILT_MX: {"breaks": tampered("MX")},
    SPOILT_TLSA: {"breaks": tampered("TLSA")},
}

_SENDING = """\
myhostname = sender.{zone}
smtp_tls_CAfile = {ca_file}
smtp_tls_loglevel = 1
smtp_connection_cache_on_demand = no
transport_maps = regexp:{transports}
default_destination_concurrency_failed_cohort_limit = 0
default_process_limit = 8
queue_run_delay = {again}s
minimal_backoff_time = {again}s
maximal_backoff_time = {again}s
"""
_RECEIVING = """\
default_transport = discard
default_process_limit = 20
"""
_QUEUE_SERVICES = "".join(
    postfix.service(name, program, kind="unix", most="0" if program == "bounce" else "-")
    for name, program in (
        ("discard", "discard"),
        ("bounce", "bounce"),
        ("defer", "bounce"),
        ("trace", "bounce"),
        ("error", "error"),
        ("retry", "error"),
    )
)
_FROM_HERE = "smtpd_relay_restrictions=permit_mynetworks,reject"
_RESOLVER_YML = """\
host: {host}
port: {port}
cache:
  type: internal
default_zone:
  strict_testing: false
  timeout: 4
cache_grace: 0
"""
_WITH_RESOLV_CONF = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'


@dataclass(frozen=True, slots=True)
class Lab:
    """The running lab."""

    folder: Path
    ca_file: Path
    resolver: str

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings that point Mailseal at the lab."""
        return {
            "MAILSEAL_RESOLVERS": self.resolver,
            "MAILSEAL_TRUST_AD": "named",
            "MAILSEAL_CA_FILE": str(self.ca_file),
            "MAILSEAL_ALLOW_NETWORKS": f"{NETWORK}.0/24",
            "MAILSEAL_CONTROL_HOSTS": "",
            "MAILSEAL_HELO_NAME": f"probe.{SIGNED}",
        }

    def send(self, chosen: Iterable[Case], tag: str = "") -> Mapping[Case, list[Attempt]]:
        """Send one mail for each of these, and return what Postfix logged. ``tag`` tells a second mail from the first.

        What can't be delivered is tried twice. Raises LabError where Postfix doesn't come to that in time.
        """
        home = self.folder / "sending"
        recipients = {(domain, level): f"{level}+{tag}@{name_of(domain)}" for domain, level in chosen}
        command = ["sendmail", "-i", "-f", "", *recipients.values()]
        environment = os.environ | {"MAIL_CONFIG": str(home / "config")}
        subprocess.run(command, input=b"Subject: test\n\ntest\n", env=environment, check=True, timeout=60)
        log, deadline = home / "mail.log", time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            seen = attempts(log.read_text().splitlines())
            open_ones = [to for to in recipients.values() if not _is_settled(seen.get(to, []))]
            if not open_ones:
                return {key: seen[to] for key, to in recipients.items()}
            time.sleep(0.1)
        raise LabError(f"Postfix has not ended with {open_ones}:\n{log.read_text()}")

    def go_on(self, domain: str) -> None:
        """From now on the policy host has what it has ``later``."""
        file = policy_lab.policy_file(self.folder / "policies", name_of(domain))
        if later := DOMAINS[domain].later:
            file.write_text(later)
        else:
            file.unlink()


def cases(domains: Iterable[str]) -> Iterator[Case]:
    """Each mail that is worth sending."""
    for domain in domains:
        only = DOMAINS[domain].only
        yield from ((domain, level) for level in ((only,) if only else LEVELS))


def _is_settled(tried: Sequence[Attempt]) -> bool:
    return bool(tried) and (tried[-1].status != "deferred" or len(tried) >= _TRIES)


@contextmanager
def running(folder: Path) -> Iterator[Lab]:
    """Start it all in ``folder``, which users other than root can reach."""
    for address, port in ((f"{NETWORK}.1", 53), POLICIES, MAPS, *((str(a), 25) for a in ADDRESSES.values())):
        if connects(address, port):
            raise LabError(f"something listens on {address} port {port} already, perhaps left by a run that was killed")
    folder.mkdir(parents=True)
    authority = Authority(datetime.now(UTC))
    ca_file, resolv_conf = folder / "roots.pem", folder / "resolv.conf"
    ca_file.write_bytes(authority.root_pem)
    issued = {name: server.proves and server.proves(authority, host_of(name)) for name, server in SERVERS.items()}
    others = {
        name: server.proves_too(authority, host_of(name)) for name, server in SERVERS.items() if server.proves_too
    }
    sites = {name_of(name): domain.policy for name, domain in DOMAINS.items() if domain.policy}
    with ExitStack() as stack:
        dns = stack.enter_context(dns_lab.running(folder / "dns", _zones(issued, authority.root), NETWORK))
        resolv_conf.write_text(f"nameserver {dns.validating}\noptions edns0 trust-ad\n")
        stack.enter_context(policy_lab.running(folder / "policies", authority, sites, listens=POLICIES))
        stack.enter_context(_policy_source(folder, resolv_conf, ca_file))
        stack.enter_context(_receiving(folder / "receiving", issued, others))
        stack.enter_context(_sending(folder / "sending", resolv_conf, ca_file))
        yield Lab(folder, ca_file, dns.validating)


def _zones(issued: Mapping[str, Issued | None], root: Certificate) -> list[Zone]:
    lines: dict[str, list[str]] = {}
    for name, server in SERVERS.items():
        for zone, record in _of_server(name, server, issued, root):
            lines.setdefault(zone, []).append(record)
    for name, domain in DOMAINS.items():
        lines.setdefault(domain.zone, []).extend(_of_domain(f"{name_of(name)}.", domain, issued, root))
    zones = (Zone(name=zone, records="\n".join(records), **_SIGNINGS.get(zone, {})) for zone, records in lines.items())
    return [Zone(name="test"), *zones]


def _of_server(
    name: str, server: Server, issued: Mapping[str, Issued | None], root: Certificate
) -> Iterator[tuple[str, str]]:
    """Records of one host, each with its zone."""
    host, shown = f"{host_of(name)}.", issued[server.alias_of or name]
    if server.alias_of is not None:
        yield server.zone, f"{host} CNAME {host_of(server.alias_of)}."
    elif server.has_address:
        yield server.zone, f"{host} A {ADDRESSES[name]}"
    else:
        yield server.zone, f'{host} TXT "no address"'
    if server.beside is not None:
        yield server.zone, f"{host} A {ADDRESSES[server.beside]}"
    owner, zone = f"_25._tcp.{host}", server.zone
    if server.tlsa_zone is not None:
        owner, zone = f"_dane.mx-{name}.{server.tlsa_zone}.", server.tlsa_zone
        yield server.zone, f"_25._tcp.{host} CNAME {owner}"
    yield from ((zone, f"{owner} TLSA {tlsa_data(record, shown, root)}") for record in server.tlsa)


def _of_domain(name: str, domain: Domain, issued: Mapping[str, Issued | None], root: Certificate) -> Iterator[str]:
    for number, server in enumerate(domain.mx, 1):
        yield f"{name} MX {number}0 {server if server.endswith('.') else f'{host_of(server)}.'}"
    if domain.at is not None:
        yield f"{name} A {ADDRESSES[domain.at]}"
        yield from (f"_25._tcp.{name} TLSA {tlsa_data(record, issued[domain.at], root)}" for record in domain.tlsa)
    if domain.alias_of is not None:
        yield f"{name} CNAME {name_of(domain.alias_of)}."
    if domain.policy is not None:
        yield from (f'_mta-sts.{name} TXT "{text}"' for text in (domain.policy.record or "").splitlines())
        if domain.policy.has_address:
            yield f"mta-sts.{name} A {POLICIES[0]}"


@contextmanager
def _policy_source(folder: Path, resolv_conf: Path, ca_file: Path) -> Iterator[None]:
    conf = folder / "mta-sts-daemon.yml"
    conf.write_text(_RESOLVER_YML.format(host=MAPS[0], port=MAPS[1]))
    daemon = ["env", f"SSL_CERT_FILE={ca_file}", "mta-sts-daemon", "-c", str(conf)]
    command = ["unshare", "--mount", "sh", "-c", _WITH_RESOLV_CONF, "sh", str(resolv_conf), *daemon]
    with process(command, folder / "mta-sts-daemon.log", lambda: connects(*MAPS)):
        yield


@contextmanager
def _receiving(folder: Path, issued: Mapping[str, Issued | None], others: Mapping[str, Issued]) -> Iterator[None]:
    """One listener a server. It takes any mail and throws it away."""
    keys = folder.with_name("keys")
    keys.mkdir()
    lines = ""
    for name, server in SERVERS.items():
        if not server.listens or server.alias_of is not None:
            continue
        options = [f"myhostname={host_of(name)}", "mynetworks=127.0.0.0/8", _FROM_HERE]
        proofs = [proof for proof in (issued[name], others.get(name)) if proof is not None]
        if proofs:
            files = [key_files(keys, f"{name}-{number}", proof) for number, proof in enumerate(proofs)]
            chains = ",".join(f"{pair.key},{pair.chain}" for pair in files)
            options += ["smtpd_tls_security_level=may", f"smtpd_tls_chain_files={chains}"]
        lines += postfix.service(f"{ADDRESSES[name]}:25", "smtpd", *options, *server.options)
    lines += _QUEUE_SERVICES
    with postfix.running(folder, lines, _RECEIVING):
        yield


@contextmanager
def _sending(folder: Path, resolv_conf: Path, ca_file: Path) -> Iterator[None]:
    """One transport a level, named by the recipient's local part."""
    jail = folder / "queue" / "etc"
    jail.mkdir(parents=True)
    (jail / "resolv.conf").write_text(resolv_conf.read_text())
    transports = folder / "transports"
    transports.write_text("".join(f"/^{level}\\+/ {level}:\n" for level in LEVELS))
    lines = _QUEUE_SERVICES
    for level, options in LEVELS.items():
        lines += postfix.service(level, "smtp", f"syslog_name=postfix/{level}", *options, kind="unix", chroot=True)
    settings = _SENDING.format(zone=SIGNED, ca_file=ca_file, transports=transports, again=AGAIN_S)
    with postfix.running(folder, lines, settings):
        yield
