"""``python3 manage.py test``: the test suite, in a pytest of its own."""

import os
import shutil
import subprocess
import sys
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webui.environment import ROOT

PROGRAMS = {"postfix": "postfix", "nsd": "nsd", "unbound": "unbound", "chromium": "chromium", "dig": "dnsutils"}


class Command(BaseCommand):
    """Runs pytest, and with ``--real`` the tests that need Debian's servers and browser instead."""

    help = "Run the tests. --real: those against real servers and a browser. Everything else goes to pytest."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def run_from_argv(self, argv: list[str]) -> None:
        """Hand every argument but ``--real`` to pytest, options too."""
        arguments = [argument for argument in argv[2:] if argument != "--real"]
        is_real = "--real" in argv[2:]
        if is_real and (missing := [package for program, package in PROGRAMS.items() if not shutil.which(program)]):
            self.stderr.write(f"The real tests need Debian packages that are not here: apt install {' '.join(missing)}")
            sys.exit(2)
        chosen = ["-m", "real" if is_real else "not real", *([] if is_real else ["-n", "2"])]
        command = [sys.executable, "-m", "pytest", *chosen, *arguments]
        sys.exit(subprocess.run(command, cwd=ROOT, env=_environment(), check=False).returncode)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For ``help test``."""
        parser.add_argument("--real", action="store_true", help="the tests against real servers and a browser")
        parser.add_argument("pytest", nargs=REMAINDER, help="what pytest takes: paths, -k, …")

    def handle(self, *_: Any, **__: Any) -> None:
        """Only ``run_from_argv`` is used: pytest's options are its own."""
        raise CommandError("Run this from the command line: python3 manage.py test")


def _environment() -> dict[str, str]:
    """The tests' own settings: nothing of this shell's Mailseal settings may decide them."""
    kept = {name: value for name, value in os.environ.items() if not _is_ours(name)}
    return kept | {"PYTHONPATH": str(ROOT)}


def _is_ours(name: str) -> bool:
    return name.startswith("MAILSEAL_") or name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
