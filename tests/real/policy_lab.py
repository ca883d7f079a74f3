"""Policy hosts of the lab: one nginx from the Debian package, a server block a domain, each with its own fault.

A domain is a name under ``lab.test`` with an MX record, the two TXT records, and a file at ``mta-sts.<domain>``. Which
one answers is told by the name in TLS, as on the Internet; all share one address.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.authority import DAY, Authority, Issued
from tests.real.processes import KeyFiles, connects, key_files, process

ADDRESS, PORT = LISTENS = ("127.0.25.80", 8443)
ZONE_NAME = "lab.test"
PLAIN_TEXT = "default_type text/plain;"


def policy(*mx: str, mode: str = "enforce", max_age: int = 1209600, below: str = f".{ZONE_NAME}") -> str:
    """A policy file as the standard writes it, for hosts ``below`` the lab's zone."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {host}{below}" for host in mx), f"max_age: {max_age}"]
    return "".join(f"{line}\r\n" for line in lines)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A domain and its policy host.

    ``answer`` are nginx directives for the one address of the file. ``proves`` issues the host's certificate.
    """

    mx: tuple[str, ...] = ("mx-good",)
    record: str | None = "v=STSv1; id=20260101;"
    reports: str | None = "v=TLSRPTv1; rua=mailto:tls@reports.test"
    body: str = policy("mx-good")
    answer: str = PLAIN_TEXT
    proves: Callable[[Authority, str], Issued] = lambda authority, host: authority.issue([host])
    packed: bool = False
    has_address: bool = True


SITES: Mapping[str, Site] = {
    "enforced": Site(),
    "testing": Site(body=policy("mx-good", mode="testing")),
    "none": Site(body=policy(mode="none")),
    "wildcard": Site(body=policy("*"), proves=lambda authority, host: authority.issue([f"*.{host.partition('.')[2]}"])),
    "unix-lines": Site(body=policy("mx-good").replace("\r\n", "\n")),
    "no-record": Site(record=None),
    "uncovered": Site(body=policy("mx-expired")),
    "half-covered": Site(mx=("mx-good", "mx-expired"), body=policy("mx-good")),
    "promise-broken": Site(mx=("mx-expired",), body=policy("mx-expired")),
    "one-fails": Site(mx=("mx-good", "mx-expired"), body=policy("mx-good", "mx-expired")),
    "cert-expired": Site(proves=lambda authority, host: authority.issue([host], ends=-DAY)),
    "cert-wrong-name": Site(proves=lambda authority, host: authority.issue(["www.elsewhere.test"])),
    "cert-self-signed": Site(proves=lambda authority, host: authority.self_signed([host])),
    "cert-incomplete": Site(proves=lambda authority, host: authority.issue([host], with_intermediate=False)),
    "no-host": Site(has_address=False),
    "not-found": Site(answer="return 404;"),
    "error": Site(answer="return 500;"),
    "redirect": Site(answer=f"return 301 https://mta-sts.enforced.{ZONE_NAME}/.well-known/mta-sts.txt;"),
    "html-type": Site(answer="default_type text/html;"),
    "no-type": Site(answer='types { } default_type "";'),
    "html-page": Site(body="<!DOCTYPE html>\n<html><body>Not found.</body></html>\n"),
    "gzip-on": Site(answer=PLAIN_TEXT + " gzip on; gzip_types text/plain; gzip_min_length 1;"),
    "gzip-always": Site(answer=PLAIN_TEXT + " gzip_static always;", packed=True),
    "two-records": Site(record="v=STSv1; id=1;\nv=STSv1; id=2;"),
    "reports-wrong": Site(reports="v=TLSRPTv1; rua=http://reports.test/tls"),
}


def zone() -> str:
    """The lines of all sites for the zone ``lab.test``."""
    return "".join(f"{line}\n" for name, site in SITES.items() for line in _records(name, site))


@contextmanager
def running(
    folder: Path,
    authority: Authority,
    sites: Mapping[str, Site] | None = None,
    listens: tuple[str, int] = LISTENS,
) -> Iterator[None]:
    """Serve sites, by their full domain names, from ``folder`` while the context is entered; null: all of ``SITES``."""
    (folder / "temp").mkdir(parents=True)
    if sites is None:
        sites = {f"{name}.{ZONE_NAME}": site for name, site in SITES.items()}
    blocks = "".join(_block(domain, site, folder, authority, listens) for domain, site in sites.items())
    conf = folder / "nginx.conf"
    conf.write_text(_CONF.format(folder=folder, blocks=blocks))
    command = ["nginx", "-e", str(folder / "error.log"), "-c", str(conf)]
    with process(command, folder / "nginx.log", lambda: connects(*listens)):
        yield


def policy_file(folder: Path, domain: str) -> Path:
    """What the policy host of this domain gives."""
    return folder / f"{domain}.txt"


def _records(name: str, site: Site) -> Iterator[str]:
    yield from (f"{name} IN MX {preference}0 {host}" for preference, host in enumerate(site.mx, 1))
    if site.has_address:
        yield f"mta-sts.{name} IN A {ADDRESS}"
    for text in (site.record or "").splitlines():
        yield f'_mta-sts.{name} IN TXT "{text}"'
    if site.reports is not None:
        yield f'_smtp._tls.{name} IN TXT "{site.reports}"'


_CONF = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
  server_tokens off;
  client_body_temp_path {folder}/temp/body;
  proxy_temp_path {folder}/temp/proxy;
  fastcgi_temp_path {folder}/temp/fastcgi;
  uwsgi_temp_path {folder}/temp/uwsgi;
  scgi_temp_path {folder}/temp/scgi;
{blocks}}}
"""
_BLOCK = """\
  server {{
    listen {address}:{port} ssl;
    server_name {host};
    ssl_certificate {keys.chain};
    ssl_certificate_key {keys.key};
    location = /.well-known/mta-sts.txt {{
      alias {file};
      {answer}
    }}
  }}
"""


def _block(domain: str, site: Site, folder: Path, authority: Authority, listens: tuple[str, int]) -> str:
    host, (address, port) = f"mta-sts.{domain}", listens
    file = policy_file(folder, domain)
    file.write_bytes(site.body.encode())
    if site.packed:
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(site.body.encode()))
    keys: KeyFiles = key_files(folder, domain, site.proves(authority, host))
    return _BLOCK.format(address=address, port=port, host=host, keys=keys, file=file, answer=site.answer)
