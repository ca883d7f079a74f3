"""The command line as a process: what it takes, what it refuses, and with which exit status."""

import json
import os
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest

from checker.__main__ import main
from checker.network import live
from checker.network.bounds import Bounds
from checker.network.live import NetworkSettings
from checker.network.ports import Network

PATIENCE_S = 20.0
# A resolver that nobody runs, on this machine: a look-up fails at once, and nothing leaves the box.
NOWHERE = {"MAILSEAL_RESOLVERS": "127.0.0.1:9", "MAILSEAL_HELO_NAME": "probe.example.net"}


def run(*arguments: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "checker", *arguments]
    whole = os.environ | NOWHERE | environment
    return subprocess.run(command, input=given, env=whole, capture_output=True, check=False, timeout=PATIENCE_S)


def entries(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        pytest.param([], {}, "DOMAIN", id="no domain"),
        pytest.param(["--yaml", "a.example"], {}, "--yaml", id="an unknown option"),
        pytest.param(["a.example"], {"MAILSEAL_SMTP_PORT": "smtp"}, "MAILSEAL_SMTP_PORT", id="a bad setting"),
        pytest.param(["a.example"], {"MAILSEAL_CA_FILE": "/nowhere.pem"}, "/nowhere.pem", id="a missing file"),
    ],
)
def test_usage_errors(
    arguments: list[str],
    environment: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit status 2, a sentence on standard error, nothing on standard output."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert said in printed.err


def test_help_tells_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    """--help explains itself and exits with 0."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "every domain is inconclusive" in capsys.readouterr().out


def test_bad_lines_as_json() -> None:
    """Each bad line, typed or piped, gives one object of its own; blank ones give none."""
    done = run("--json", "a..b", "-", given=b"192.0.2.1\n\n\xff\xfe\n")
    assert done.returncode == 1
    assert {entry["input"] for entry in entries(done)} == {"a..b", "192.0.2.1", "\\xff\\xfe"}
    assert all(set(entry) == {"format", "input", "error"} for entry in entries(done))


def test_a_dead_resolver_is_inconclusive() -> None:
    """With no resolver nothing can be said: exit status 3, also beside a line that is no domain."""
    done = run("--json", "--deep", "--fresh", "a.example", "bücher.example", "a..b")
    reports = {entry["domain"]: entry for entry in entries(done) if "domain" in entry}
    assert done.returncode == 3, done.stderr
    assert set(reports) == {"a.example", "xn--bcher-kva.example"}
    assert all(report["verdict"]["level"] == "inconclusive" for report in reports.values())
    assert all((report["mx"]["status"], report["depth"]) == ("failed", "deep") for report in reports.values())
    assert b"a.example: looking up" in done.stderr


@pytest.mark.parametrize(("options", "seconds"), [([], 300), (["--deep"], 600)])
def test_a_deep_scan_may_take_longer(options: list[str], seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint is waited for until five minutes are over, with --deep until ten."""
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    built, build = [], live.build

    def watched(settings: NetworkSettings, bounds: Bounds | None = None) -> Network:
        built.append(build(settings, bounds))
        return built[-1]

    monkeypatch.setattr(live, "build", watched)
    assert main([*options, "--json", "a.example"]) == 3
    assert [network.bounds.scan_hard_s for network in built] == [seconds]


def test_a_terminal_without_umlauts() -> None:
    """Where standard output can't print a character, it is escaped, and the report goes on."""
    done = run("bücher.example", PYTHONIOENCODING="ascii")
    assert done.returncode == 3, done.stderr
    assert rb"b\xfccher.example (xn--bcher-kva.example)" in done.stdout


@pytest.mark.parametrize(
    ("redirection", "said"),
    [("<&-", "standard input is closed"), ("0>/dev/null", "Bad file descriptor: 'standard input'")],
)
def test_standard_input_that_cannot_be_read(redirection: str, said: str) -> None:
    """None at all, or one that is only for writing: an error of use, told in a sentence."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m checker - {redirection}', sys.executable],
        env=os.environ | NOWHERE,
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def started(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "checker", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=os.environ | NOWHERE | environment)


def test_answers_come_while_the_pipe_is_open() -> None:
    """A line is answered before the next one is sent, so two programs can talk."""
    with started("--json", "-") as talking:
        assert talking.stdin
        assert talking.stdout
        for line in ("a..b", "c..d"):
            talking.stdin.write(f"{line}\n".encode())
            talking.stdin.flush()
            assert json.loads(talking.stdout.readline())["input"] == line
        talking.stdin.close()
        assert talking.wait(PATIENCE_S) == 1


def test_ctrl_c_stops_at_once() -> None:
    """An interrupt ends the program with a word and no traceback, in the middle of a scan and with the pipe open."""
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = f"127.0.0.1:{silent.getsockname()[1]}"
        with started("-", MAILSEAL_RESOLVERS=resolver) as scanning:
            assert scanning.stdin
            assert scanning.stderr
            scanning.stdin.write(b"a.example\n")
            scanning.stdin.flush()
            assert b"a.example: looking up" in scanning.stderr.readline()
            silent.settimeout(PATIENCE_S)
            silent.recv(512)  # it asks, and will get no answer
            scanning.send_signal(signal.SIGINT)
            assert scanning.wait(PATIENCE_S) == 130
            said = scanning.stderr.read()
    assert said == b"Stopped.\n"


def test_a_reader_that_has_enough() -> None:
    """Where standard output is closed early (``| head -1``), the program ends without a traceback."""
    with started("--json", "-") as writing:
        assert writing.stdin
        assert writing.stdout
        assert writing.stderr
        writing.stdout.close()
        writing.stdin.write(b"a..b\n")
        writing.stdin.close()
        said = writing.stderr.read()
        assert writing.wait(PATIENCE_S) == 1
    assert b"Traceback" not in said
    assert b"Exception" not in said
