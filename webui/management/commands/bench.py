"""``python3 manage.py bench``: what is too slow, or too uneven, for a test."""

from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from benchmarks import BENCHES


class Command(BaseCommand):
    """Lists the benches, or runs one."""

    help = "Run a bench and print its figures; without a name, list them."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The bench's name, and what the bench itself is told."""
        parser.add_argument("name", nargs="?", choices=sorted(BENCHES))
        parser.add_argument("arguments", nargs=REMAINDER, help="for the bench: NAME --help tells them")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it, or list all with what they measure."""
        if options["name"] is not None:
            BENCHES[options["name"]](self.stdout.write, options["arguments"])
            return
        for name, bench in sorted(BENCHES.items()):
            self.stdout.write(f"{name}: {(bench.__doc__ or '').partition('\n')[0]}")
