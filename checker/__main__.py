"""The command line: ``python -m checker [--json] [--deep] [--fresh] DOMAIN…``, without a database.

The one rule of this file: standard output holds reports and nothing else; progress and complaints go to standard error.
"""

import argparse
import asyncio
import io
import logging
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from checker import __version__
from checker.batch import Batch, exit_status, split_lines
from checker.network import live
from checker.network.bounds import DEEP
from checker.network.live import NetworkSettings, SettingsError

USAGE_ERROR = 2
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it
_STDIN = 0
_READ_BYTES = 65536

_DEEP_HELP = "ask for every cipher suite and group too, once an hour of an address; takes up to ten minutes"
_EXIT_STATUS = """exit status, the highest that applies:
  0  every domain is at least ready, or says that it takes no mail
  1  some domain is worse or inconclusive, or a line is no domain
  2  usage error
  3  every domain is inconclusive"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the domains of the command line. Returns the exit status, or raises SystemExit with it."""
    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    parser = _parser()
    options = parser.parse_args(arguments)
    if "-" in options.domains and sys.stdin is None:
        parser.error("standard input is closed")
    try:
        settings = NetworkSettings.from_environment(os.environ)
    except SettingsError as error:
        parser.error(str(error))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may have no ü
    status = USAGE_ERROR
    try:
        status = asyncio.run(_check(options, settings))
    except* BrokenPipeError:
        status = _hung_up()
    except* OSError as failures:
        print(f"{parser.prog}: {failures.exceptions[0]}", file=sys.stderr)
    except* KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        status = INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m checker",
        description="Will mail to these domains travel encrypted, to the right server, and arrive?",
        epilog=_EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "domains", nargs="+", metavar="DOMAIN", help="a domain or mail address; - reads them from standard input"
    )
    parser.add_argument("--json", action="store_true", help="print each report as one line of JSON")
    parser.add_argument("--deep", action="store_true", help=_DEEP_HELP)
    parser.add_argument("--fresh", action="store_true", help="ask anew what an earlier scan has seen")
    parser.add_argument("--version", action="version", version=f"mailseal {__version__}")
    return parser


async def _check(options: argparse.Namespace, settings: NetworkSettings) -> int:
    batch = Batch(
        network=live.build(settings, DEEP if options.deep else None),
        out=sys.stdout,
        progress=sys.stderr,
        depth="deep" if options.deep else "verdict",
        fresh=options.fresh,
        as_json=options.json,
    )
    await batch.check(_inputs(options.domains))
    return exit_status(batch.seen)


def _inputs(domains: Iterable[str]) -> Iterator[str]:
    """What was typed, with the lines of standard input in the place of ``-``."""
    for domain in domains:
        if domain == "-":
            yield from split_lines(iter(_read_stdin, b""))
        else:
            yield domain


def _read_stdin() -> bytes:
    """What there is. Past Python's buffer: a thread that waits in there can't be left behind when the program ends."""
    try:
        return os.read(_STDIN, _READ_BYTES)
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard input") from None


def _hung_up() -> int:
    """Who reads our output has enough. What is still in the buffer would complain once more at the very end."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 -- a device, to take over a descriptor
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    sys.exit(main())
