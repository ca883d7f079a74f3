"""A DNS of one's own on loopback, from a signed root down: nsd serves it, unbound resolves it, and both are Debian's.

Zones are given as text, and signed by Debian's ldns tools well, badly or not at all. They are delegated as on the
Internet, so port 53 of the lab's own addresses is used, and the first three octets of those are the caller's choice.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import dns.exception
import dns.message
import dns.query
import dns.rcode

from tests.real import name_servers
from tests.real.processes import KeyFiles, LabError

PORT = 53
HTTPS = ("127.0.0.1", 8453)  # where certificates for localhost prove it

type Lines = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How a zone is signed: ``nsec3`` are iterations and salt, or null for NSEC; times count from now.

    ``ds`` is what the parent publishes: the right key's, none (which makes the zone insecure), or another key's.
    """

    algorithm: str = "ECDSAP256SHA256"
    bits: int | None = None
    digest: Literal[1, 2, 4] = 2
    nsec3: tuple[int, str] | None = None
    begins: timedelta = timedelta(days=-2)
    ends: timedelta = timedelta(days=28)
    ds: Literal["right", "none", "wrong"] = "right"


SIGNED = Signing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A zone by its name, without a dot at the end. ``records`` are lines of a master file; SOA and NS are added.

    ``signing`` null: it isn't signed. ``breaks`` changes its lines after they were signed. Not ``is_served``: its name
    server has lost it, and answers SERVFAIL.
    """

    name: str
    records: str = ""
    signing: Signing | None = SIGNED
    breaks: Callable[[Lines], Lines] = list
    is_served: bool = True


def tampered(rdtype: str) -> Callable[[Lines], Lines]:
    """The signatures of this type no longer fit: those of the zone's SOA, of its MX records, …"""

    def changed(line: str) -> str:
        if f"\tRRSIG\t{rdtype} " not in line:
            return line
        head, signature = line.rstrip().rsplit(" ", 1)
        return f"{head} {'B' if signature[0] == 'A' else 'A'}{signature[1:]}\n"

    return lambda lines: [changed(line) for line in lines]


def without_denials(lines: Lines) -> Lines:
    """No proof that something is missing, neither NSEC nor NSEC3."""
    return [line for line in lines if not re.search(r"\t(RRSIG\t)?NSEC3?[\t ]", line)]


@dataclass(frozen=True, slots=True)
class DnsLab:
    """The running lab: the addresses of its resolvers, each on port 53.

    ``plain`` is one that doesn't validate. ``trust_anchor`` is a file with the root's DS, for another resolver. With
    key files for localhost the first is asked at ``HTTPS`` too.
    """

    validating: str
    plain: str
    trust_anchor: Path


@contextmanager
def running(
    folder: Path, zones: Sequence[Zone], network: str = "127.0.53", https: KeyFiles | None = None
) -> Iterator[DnsLab]:
    """Serve these zones below a signed root until the context ends; all addresses begin with ``network``."""
    server, validating, plain = (f"{network}.{number}" for number in (1, 53, 54))
    world = _World(_made(folder / "zones"), server)
    world.build(zones)
    with ExitStack() as stack:
        stack.enter_context(_nsd(world, folder / "nsd"))
        stack.enter_context(_unbound(world, folder / "validating", validating, "validator iterator", https))
        stack.enter_context(_unbound(world, folder / "plain", plain, "iterator", None))
        yield DnsLab(validating, plain, world.trust_anchor)


class _World:
    """The zone files, the root's among them, and the root's DS as a trust anchor."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server = folder, server
        self.trust_anchor, self.hints = folder / "root.ds", folder / "root.hints"
        self.served: dict[str, Path] = {}
        self._delegations: dict[str, Lines] = {}

    def build(self, zones: Sequence[Zone]) -> None:
        """Children before their parents, which publish the DS."""
        names = {zone.name for zone in zones}
        for zone in sorted(zones, key=lambda zone: zone.name.count("."), reverse=True):
            ds = self._write(zone)
            _, *above = (zone.name.split(".", n)[-1] for n in range(zone.name.count(".") + 1))
            parent = next((name for name in above if name in names), "")
            glue = [f"{zone.name}. NS ns.{zone.name}.", f"ns.{zone.name}. A {self.server}"]
            self._delegations.setdefault(parent, []).extend([*glue, *ds])
        self.trust_anchor.write_text("\n".join(self._write(Zone(name=""))) + "\n")
        self.hints.write_text(f". 3600 NS ns.\nns. 3600 A {self.server}\n")

    def _write(self, zone: Zone) -> Lines:
        """The zone's file. Returns the DS for its parent."""
        name, origin = zone.name or "root", f"{zone.name}."
        apex = f"ns.{origin}" if zone.name else "ns."
        lines = [
            f"$ORIGIN {origin}",
            "$TTL 60",
            f"@ SOA {apex} hostmaster.{origin if zone.name else ''} 1 3600 600 86400 60",
            f"@ NS {apex}",
            f"{apex} A {self.server}",
            zone.records,
            *self._delegations.get(zone.name, ()),
        ]
        file = self.folder / f"{name}.zone"
        file.write_text("\n".join(lines) + "\n")
        ds: Lines = []
        if zone.signing:
            file, ds = self._signed(file, origin, zone.signing)
        file.write_text("".join(zone.breaks(file.read_text().splitlines(keepends=True))))
        self.served[zone.name or "."] = file if zone.is_served else file.with_suffix(".lost")
        return ds

    def _signed(self, file: Path, origin: str, signing: Signing) -> tuple[Path, Lines]:
        key, other = self._key(origin, signing), self._key(origin, signing)
        now, signed = datetime.now(UTC), file.with_suffix(".signed")
        begins, ends = (f"{now + shift:%Y%m%d%H%M%S}" for shift in (signing.begins, signing.ends))
        denial: Lines = []
        if signing.nsec3:
            iterations, salt = signing.nsec3
            denial = ["-n", "-t", str(iterations), *(["-s", salt] if salt else [])]
        command = ["ldns-signzone", "-i", begins, "-e", ends, *denial, "-o", origin, "-f", str(signed), str(file), key]
        self._run(command)
        if signing.ds == "none":
            return signed, []
        named = other if signing.ds == "wrong" else key
        return signed, self._run(["ldns-key2ds", "-n", f"-{signing.digest}", f"{named}.key"]).splitlines()

    def _key(self, origin: str, signing: Signing) -> str:
        """One key for everything. Its base name."""
        bits = ["-b", str(signing.bits)] if signing.bits else []
        return self._run(["ldns-keygen", "-k", "-r", "/dev/urandom", "-a", signing.algorithm, *bits, origin]).strip()

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise LabError(f"{command!r} failed: {done.stderr}")
        return done.stdout


_ROOT_CONF = """\
server:
  root-hints: "{hints}"
  trust-anchor-file: "{trust_anchor}"
  trust-anchor-signaling: no
  val-log-level: 2
  val-bogus-ttl: 0
  ede: yes
"""
_HTTPS_CONF = """\
server:
  interface: {address}@{port}
  https-port: {port}
  tls-service-key: "{keys.key}"
  tls-service-pem: "{keys.chain}"
"""


def _nsd(world: _World, folder: Path) -> AbstractContextManager[None]:
    return name_servers.nsd(folder, (world.server, PORT), world.served, lambda: _knows_the_root(world.server))


def _unbound(
    world: _World, folder: Path, address: str, modules: str, https: KeyFiles | None
) -> AbstractContextManager[None]:
    more = _ROOT_CONF.format(hints=world.hints, trust_anchor=world.trust_anchor)
    if https:
        more += _HTTPS_CONF.format(address=HTTPS[0], port=HTTPS[1], keys=https)
    return name_servers.unbound(folder, (address, PORT), modules, more, lambda: _knows_the_root(address))


def _knows_the_root(address: str) -> bool:
    try:
        response = dns.query.udp(dns.message.make_query(".", "SOA"), address, timeout=1, port=PORT)
    except (dns.exception.DNSException, OSError):
        return False
    return response.rcode() == dns.rcode.NOERROR and bool(response.answer)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
