"""``python3 manage.py bench``: what is too slow, or too uneven, for a test."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from benchmarks import BENCHES


class Command(BaseCommand):
    """Lists the benches, or runs one."""

    help = "Run a bench and print its figures; without a name, list them."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The bench's name."""
        parser.add_argument("name", nargs="?", choices=sorted(BENCHES))

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it, or list all with what they measure."""
        if options["name"] is not None:
            BENCHES[options["name"]](self.stdout.write)
            return
        for name, bench in sorted(BENCHES.items()):
            self.stdout.write(f"{name}: {(bench.__doc__ or '').partition('\n')[0]}")
