"""``python3 manage.py test``: the test suite, in a pytest of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webui.environment import ROOT

# What the real tests start, and the Debian package that brings it.
PROGRAMS = {
    "postfix": "postfix",
    "mta-sts-daemon": "postfix-mta-sts-resolver",
    "nsd": "nsd",
    "unbound": "unbound",
    "ldns-signzone": "ldnsutils",
    "nginx": "nginx",
    "chromium": "chromium",
    "openssl": "openssl",
    "curl": "curl",
    "dig": "dnsutils",
    "pg_lsclusters": "postgresql",
    "redis-server": "redis-server",
}
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # of servers, which PATH often leaves out
WORKERS = "2"


class Command(BaseCommand):
    """Runs pytest, and with ``--real`` the tests that need Debian's servers and browser instead."""

    help = "Run the tests. --real: those against real servers and a browser. Everything else goes to pytest."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand every argument but ``--real`` to pytest: its options are its own, so no parser of ours reads them."""
        if {"-h", "--help"} & set(argv[2:]):
            self.print_help(argv[0], argv[1])
            return
        arguments = [argument for argument in argv[2:] if argument != "--real"]
        is_real = "--real" in argv[2:]
        if is_real and (missing := missing_packages()):
            self.stderr.write(
                "The real tests need programs that are not on this machine. On Debian: apt-get install "
                f"{' '.join(missing)} (.ci/run does)."
            )
            sys.exit(2)
        chosen = ["-m", "real"] if is_real else ["-m", "not real", *_workers(arguments)]
        sys.exit(_pytest([*chosen, *arguments]))

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For ``test --help``."""
        parser.add_argument("--real", action="store_true", help="the tests against real servers and a browser")
        parser.add_argument("pytest", nargs="*", help="what pytest takes: paths, -k, -x, …")

    def handle(self, *_: Any, **__: Any) -> None:
        """Only ``run_from_argv`` is used."""
        raise CommandError("Run this from the command line: python3 manage.py test")


def missing_packages() -> list[str]:
    """The Debian packages whose programs are not here."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS])
    return [package for program, package in PROGRAMS.items() if not shutil.which(program, path=path)]


def _workers(arguments: list[str]) -> list[str]:
    """Some tests start sooner in one process; all of them end sooner in two."""
    return [] if arguments else ["-n", WORKERS]


def _pytest(arguments: list[str]) -> int:
    """Run it with settings of its own: nothing of this shell's Mailseal may decide a test, and no data is touched."""
    kept = {name: value for name, value in os.environ.items() if not _is_ours(name)}
    with tempfile.TemporaryDirectory(prefix="mailseal-test") as var:
        environment = kept | {"MAILSEAL_VAR": var}
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _is_ours(name: str) -> bool:
    return name.startswith("MAILSEAL_") or name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
