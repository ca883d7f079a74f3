"""Real mail servers to measure TLS against, on loopback: Debian's Postfix and Exim, and one with what they have lost.

Everything lives in a folder, on a port above 1024 of 127.0.27.0/24, and ends with the context. The one rule of this
file: servers are set up as operators set them up. What they answer is for others to say.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, ip_network
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.debian import NotObtainable, libraries, unpack
from checker.names import DomainName, parse_domain
from sandbox.authority import Authority, PrivateKey, rsa_key
from tests.real import postfix
from tests.real.processes import KeyFiles, LabError, connects, key_files, process

PORT = 2525
NETWORK = ip_network("127.0.27.0/24")
PROGRAMS = ("postfix",)
ANVIL_LIMIT = 12  # connections in one unit of anvil's time
_SECLEVEL_0 = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
_POSTFIX: Mapping[str, tuple[str, ...]] = {
    "strict": (
        "smtpd_tls_protocols=>=TLSv1.2",
        "smtpd_tls_mandatory_ciphers=high",
        "tls_medium_cipherlist=ECDHE+AESGCM",
        "tls_preempt_cipherlist=yes",
    ),
    "default": (),
    "legacy": (
        "smtpd_tls_protocols=>=SSLv3",
        "smtpd_tls_ciphers=null",
        *(f"tls_{grade}_cipherlist={_SECLEVEL_0}" for grade in ("medium", "null", "export")),
    ),
    "two-keys": (),
    "anvil": (f"smtpd_client_connection_rate_limit={ANVIL_LIMIT}",),
}
NAMES = (*_POSTFIX, "postscreen", "exim", "old")
_EXIM_CONF = """\
primary_hostname = {host}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
keep_environment =
pid_file_path = {folder}/pid
local_interfaces = {address}
daemon_smtp_ports = {port}
tls_advertise_hosts = *
tls_certificate = {keys.chain}
tls_privatekey = {keys.key}
"""
_NOBODY_ID = 65534
# Exim won't start without its user, who isn't installed.
_USER = {
    "passwd": f"Debian-exim:x:{_NOBODY_ID}:{_NOBODY_ID}::/:/bin/false\n",
    "group": f"Debian-exim:x:{_NOBODY_ID}:\n",
}


@dataclass(frozen=True, slots=True)
class Server:
    """One mail server of the lab, at ``PORT``."""

    name: str
    address: IPv4Address

    @property
    def host(self) -> DomainName:
        """The name in its certificate."""
        return parse_domain(f"mx-{self.name}.lab.test")


@dataclass(frozen=True, slots=True)
class Lab:
    """The servers that run, by name; why one does not; and the root that issued their certificates."""

    servers: Mapping[str, Server]
    missing: Mapping[str, str]
    ca_pem: bytes


@contextmanager
def running(folder: Path, names: tuple[str, ...] = NAMES, *, anvil_unit_s: int = 60) -> Iterator[Lab]:
    """Run these servers from ``folder``, which user postfix can reach.

    ``anvil_unit_s`` is the span in which the server "anvil" takes ``ANVIL_LIMIT`` connections of one client.
    Raises LabError where one does not come up; that Exim can't be had is told in ``missing``.
    """
    servers = {name: Server(name, IPv4Address(f"127.0.27.{NAMES.index(name) + 1}")) for name in names}
    for server in servers.values():
        if connects(str(server.address), PORT):
            raise LabError(f"something listens on {server.address} port {PORT} already")
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(datetime.now(UTC))
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        listeners = _postfix_services(folder, authority, servers)
        settings = f"anvil_rate_time_unit = {anvil_unit_s}s\n"
        if listeners:
            stack.enter_context(postfix.running(folder / "postfix", listeners, settings))
        if "exim" in servers:
            try:
                stack.enter_context(_exim(folder, authority, servers["exim"]))
            except NotObtainable as why:
                missing["exim"] = str(why)
        if "old" in servers:
            stack.enter_context(_old(folder, authority, servers["old"]))
        running = {name: server for name, server in servers.items() if name not in missing}
        yield Lab(running, missing, authority.root_pem)


def _keys(folder: Path, authority: Authority, server: Server, key: PrivateKey | None = None) -> KeyFiles:
    key = key or rsa_key(2048)
    return key_files(folder, f"{server.name}-{type(key).__name__}", authority.issue([server.host], key=key))


def _postfix_services(folder: Path, authority: Authority, servers: Mapping[str, Server]) -> str:
    lines = ""
    for name, server in servers.items():
        if name not in (*_POSTFIX, "postscreen"):
            continue
        files = [_keys(folder, authority, server)]
        if name == "two-keys":
            files.append(_keys(folder, authority, server, ec.generate_private_key(ec.SECP256R1())))
        chains = ",".join(f"{pair.key},{pair.chain}" for pair in files)
        options = (
            f"myhostname={server.host}",
            "smtpd_tls_security_level=may",
            f"smtpd_tls_chain_files={chains}",
            *_POSTFIX.get(name, ()),
        )
        listens = f"{server.address}:{PORT}"
        if name == "postscreen":
            lines += postfix.service(listens, "postscreen", f"myhostname={server.host}", most="1")
            lines += postfix.service("smtpd", "smtpd", *options, kind="pass")
        else:
            lines += postfix.service(listens, "smtpd", *options)
    return lines


@contextmanager
def _exim(folder: Path, authority: Authority, server: Server) -> Iterator[None]:
    """Exim with GnuTLS, as its package sets it up. It conflicts with Postfix, so it is unpacked only."""
    home = folder / "exim"
    for name in ("spool", "log"):
        (home / name).mkdir(parents=True)
        os.chown(home / name, _NOBODY_ID, _NOBODY_ID)
    root = unpack(home / "packages", "exim4-daemon-light", "libnss-wrapper")
    for name, line in _USER.items():
        (home / name).write_text(Path("/etc", name).read_text() + line)
    conf = home / "exim.conf"
    keys = _keys(home, authority, server)
    conf.write_text(
        _EXIM_CONF.format(host=server.host, folder=home, address=server.address, port=PORT, keys=keys),
    )
    environment = {
        "LD_LIBRARY_PATH": str(libraries(root)),
        "LD_PRELOAD": "libnss_wrapper.so",
        "NSS_WRAPPER_PASSWD": str(home / "passwd"),
        "NSS_WRAPPER_GROUP": str(home / "group"),
    }
    command = ["env", *(f"{name}={value}" for name, value in environment.items())]
    command += [str(root / "usr/sbin/exim4"), "-bdf", "-q1h", "-C", str(conf)]
    with process(command, home / "exim.out", lambda: connects(str(server.address), PORT)):
        yield


@contextmanager
def _old(folder: Path, authority: Authority, server: Server) -> Iterator[None]:
    keys = _keys(folder, authority, server)
    command = [sys.executable, "-m", "benchmarks.old_server", str(server.address), str(PORT), keys.key, keys.chain]
    with process(list(map(str, command)), folder / "old.log", lambda: connects(str(server.address), PORT)):
        yield
