"""``bench fuzz``: what servers send, by chance and guided by coverage, into every parser of TLS bytes.

A parser must take any bytes, in any pieces: never raise, never hang, always come to an answer. With atheris the bytes
are guided by which lines they reach; where it isn't installed they are mutations of right ones, and it says so. The
one rule of this file: a run is bounded in time, and a find is printed as the bytes that bring it about.
"""

import random
import re
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HANG_S = 5  # of one input
LONGEST = 4096  # bytes of one input


def bench_fuzz(write: Callable[[str], object], arguments: Sequence[str]) -> None:
    """Any bytes from a server: the parsers of TLS never raise and never hang."""
    parser = ArgumentParser(prog="manage.py bench fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="how long to try (60)")
    parser.add_argument("--seed", type=int, default=1, help="the run to repeat (1)")
    options = parser.parse_args(arguments)
    if find_spec("atheris"):
        _guided(write, options.seconds, options.seed)
    else:
        write("atheris is not installed here: mutations by chance, without coverage.")
        _by_chance(write, options.seconds, options.seed)


def listen(data: bytes) -> None:
    """One input: the first byte says into what pieces the rest is cut. Raises for whatever is not as it must be."""
    from checker.observation import Failed, FailureKind
    from checker.tls.answer import Hearing, Sslv2Hearing
    from checker.tls.handshake import pull_certificates, pull_server_hello, pull_server_key_exchange, pull_sslv2_hello

    size, data = 1 + data[0] if data else 1, data[1:]
    for hearing in (Hearing(), Sslv2Hearing()):
        for at in range(0, len(data), size):
            hearing.receive(data[at : at + size])
        hearing.end(Failed(FailureKind.CLOSED))
        if hearing.answer is None:
            raise AssertionError("the end brought no answer")
    pull_server_hello(data)
    pull_certificates(data)
    pull_sslv2_hello(data)
    for is_elliptic in (True, False):
        pull_server_key_exchange(data, 0x0301 + size % 3, is_elliptic=is_elliptic, is_signed=size % 2 == 0)


def _seeds() -> list[bytes]:
    """Answers that are right, in several cuts: to begin with."""
    from checker.tls.handshake import RETRY_RANDOM
    from checker.tls.record_layer import ContentType, push_alert, push_record

    def hello(suite: int, rest: bytes, random_bytes: bytes = bytes(32)) -> bytes:
        body = b"\x03\x03" + random_bytes + b"\x00" + suite.to_bytes(2) + b"\x00" + rest
        return b"\x02" + len(body).to_bytes(3) + body

    certificate = b"\x0b\x00\x00\x0a\x00\x00\x07\x00\x00\x04leaf"
    ecdhe = b"\x0c\x00\x00\x0b\x03\x00\x1d\x01k\x04\x01\x00\x02si"
    finite = b"\x0c\x00\x00\x0b\x00\x01\x05\x00\x01\x02\x00\x01y\x00\x00"
    done = b"\x0e\x00\x00\x00"
    flights = (
        hello(0xC02F, b"\x00\x05\xff\x01\x00\x01\x00") + certificate + ecdhe + done,
        hello(0x0034, b"") + finite + done,
        hello(0x1301, b"\x00\x0c\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x02\x00\x1d", RETRY_RANDOM),
    )
    records = [push_record(ContentType.HANDSHAKE, 0x0303, flight) for flight in flights]
    sslv2 = b"\x80\x13\x04\x00\x01\x00\x02\x00\x04\x00\x03\x00\x01cert\x07\x00\xc0i"
    whole = [*records, push_alert(0x0303, 40) + records[0], b"\x15\x03\x03\x00\x02\x01\x70" + records[0], sslv2]
    return [bytes((size,)) + data for data in whole for size in (0, 6, 255)]


def _guided(write: Callable[[str], object], seconds: int, seed: int) -> None:
    """libFuzzer ends its own process, so it has one."""
    with TemporaryDirectory() as folder:
        corpus, finds = Path(folder) / "corpus", Path(folder) / "find-"
        corpus.mkdir()
        for number, data in enumerate(_seeds()):
            (corpus / str(number)).write_bytes(data)
        command = [sys.executable, "-m", "benchmarks.fuzz", str(corpus), f"-max_total_time={seconds}"]
        command += [f"-seed={seed}", f"-max_len={LONGEST}", f"-timeout={HANG_S}", f"-artifact_prefix={finds}"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
        said = ended.stderr + ended.stdout
        for find in Path(folder).glob("find-*"):
            write(f"{find.name}: {find.read_bytes().hex()}")
        runs = re.search(r"Done (\d+) runs in (\d+) second", said)
        covered = [int(count) for count in re.findall(r"cov: (\d+)", said)]
        if ended.returncode or runs is None:
            raise SystemExit(said[-2000:])
        write(f"{runs[1]} inputs in {runs[2]} s, {covered[-1]} edges reached ({covered[0]} by the seeds), no find.")


def _by_chance(write: Callable[[str], object], seconds: int, seed: int) -> None:
    chance, seeds = random.Random(seed), _seeds()
    ends, count = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.randint(0, 4)] = chance.randbytes(chance.randint(0, 4))
        began = time.monotonic()
        try:
            listen(bytes(data))
        except Exception as failure:
            raise SystemExit(f"{type(failure).__name__} from {data.hex()}") from failure
        if time.monotonic() - began > HANG_S:
            raise SystemExit(f"too slow: {data.hex()}")
        count += 1
    write(f"{count} inputs in {seconds} s, no find.")


def _main() -> None:
    atheris: Any = import_module("atheris")
    for name in [name for name in sys.modules if name.startswith("checker.tls")]:
        del sys.modules[name]  # other benches have imported it, and only what is imported below is watched
    with atheris.instrument_imports(include=["checker.tls"]):
        import_module("checker.tls.answer")
    atheris.Setup(sys.argv, listen)
    atheris.Fuzz()


if __name__ == "__main__":
    _main()
