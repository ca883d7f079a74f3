"""Debian's nsd and unbound on loopback, for the labs: what they serve and whom they ask is the caller's."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.real.processes import process

type Socket = tuple[str, int]

_NSD_CONF = """\
server:
  ip-address: {address}@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""

_UNBOUND_CONF = """\
server:
  interface: {address}@{port}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  module-config: "{modules}"
  do-not-query-localhost: no
  local-zone: "test." nodefault
  num-threads: 1
  do-ip6: no
remote-control:
  control-enable: no
"""


@contextmanager
def nsd(folder: Path, listens: Socket, zones: Mapping[str, Path], is_ready: Callable[[], bool]) -> Iterator[None]:
    """Serve these zone files, by the zones' names, until the context ends. ``folder`` is made for its own files."""
    parts = [f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in zones.items()]
    address, port = listens
    with _started(
        "nsd", folder, _NSD_CONF.format(address=address, port=port, folder=folder) + "".join(parts), is_ready
    ):
        yield


@contextmanager
def unbound(folder: Path, listens: Socket, modules: str, more: str, is_ready: Callable[[], bool]) -> Iterator[None]:
    """Resolve with these modules until the context ends. ``more`` are further sections: trust anchors, stub zones, …"""
    address, port = listens
    conf = _UNBOUND_CONF.format(address=address, port=port, folder=folder, modules=modules)
    with _started("unbound", folder, conf + more, is_ready):
        yield


@contextmanager
def _started(program: str, folder: Path, settings: str, is_ready: Callable[[], bool]) -> Iterator[None]:
    folder.mkdir(parents=True)
    conf = folder / f"{program}.conf"
    conf.write_text(settings)
    with process([program, "-d", "-c", str(conf)], folder / f"{program}.log", is_ready):
        yield
