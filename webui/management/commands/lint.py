"""``python3 manage.py lint``: every check of the code that runs nothing of it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from webui.environment import ROOT

_BIN = Path(sys.executable).parent
CHECKS = (
    ("ruff", [str(_BIN / "ruff"), "check", "."]),
    ("ruff format", [str(_BIN / "ruff"), "format", "--check", "."]),
    ("mypy --strict", [str(_BIN / "mypy")]),
    ("import-linter", [str(_BIN / "lint-imports"), "--no-logo"]),
    ("djlint", [str(_BIN / "djlint"), "templates", "--lint", "--quiet"]),
    ("migrations", [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"]),
)


class Command(BaseCommand):
    """Runs the checks one after the other, all of them, whichever fail."""

    help = "Run ruff, mypy --strict, import-linter, djlint and the migrations check."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def handle(self, *_: Any, **__: Any) -> None:
        """Print each check's result. Exit status 1 if one failed."""
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        failed = []
        for name, command in CHECKS:
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            self.stdout.write(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}")
            if done.returncode:
                self.stdout.write(done.stdout + done.stderr)
                failed.append(name)
        if failed:
            sys.exit(1)
