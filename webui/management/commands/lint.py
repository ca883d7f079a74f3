"""``python3 manage.py lint``: every check of the code that runs nothing of it."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from webui.environment import ROOT

_BIN = Path(sys.executable).parent
CHECKS = (
    ("ruff check", [_BIN / "ruff", "check", "."]),
    ("ruff format", [_BIN / "ruff", "format", "--check", "."]),
    ("mypy --strict", [_BIN / "mypy"]),
    ("import-linter", [_BIN / "lint-imports"]),
    ("djlint", [_BIN / "djlint", "templates", "--lint", "--quiet"]),
    ("compose file", [_BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]),
    ("hadolint", [_BIN / "hadolint", "Dockerfile", "deploy/unbound.Dockerfile"]),
    ("migrations", [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"]),
)


class Command(BaseCommand):
    """Runs the checks one after the other, all of them, whichever fail."""

    help = "Run ruff, mypy --strict, import-linter, djlint, the files of the containers, and the migrations check."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def handle(self, *_: Any, **__: Any) -> None:
        """Print each check's result, and what a failed one said. Exit status 1 if one failed."""
        failed = [name for name, command in CHECKS if not self._passes(name, [str(part) for part in command])]
        self.stdout.write(f"{len(CHECKS) - len(failed)} checks passed, {len(failed)} failed")
        if failed:
            sys.exit(1)

    def _passes(self, name: str, command: list[str]) -> bool:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="mailseal-lint") as var:
            # import-linter finds the packages by PYTHONPATH; mypy's Django plugin and the migrations load the settings.
            environment = os.environ | {"PYTHONPATH": str(ROOT), "MAILSEAL_VAR": var}
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        is_good = done.returncode == 0
        self.stdout.write(f"{name}: {'ok' if is_good else 'FAILED'} ({time.monotonic() - began:.1f} s)")
        if not is_good:
            self.stdout.write(done.stdout + done.stderr)
        self.stdout.flush()
        return is_good
