"""What ``manage.py test`` and ``bench`` say before they run anything."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from benchmarks import BENCHES
from webui.management.commands import test as test_command


def test_real_tests_without_their_programs_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Skipping them would look like a pass. The sentence names every package."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(test_command, "SYSTEM_FOLDERS", ())
    (tmp_path / "nsd").touch(mode=0o755)
    with pytest.raises(SystemExit) as end:
        test_command.Command().run_from_argv(["manage.py", "test", "--real"])
    assert end.value.code == 2
    packages = "postfix postfix-mta-sts-resolver unbound ldnsutils nginx chromium openssl curl dnsutils"
    assert f"apt-get install {packages}" in capsys.readouterr().err


def test_servers_are_found_where_path_does_not_lead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian keeps them in /usr/sbin, which a user's PATH leaves out."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(test_command, "SYSTEM_FOLDERS", (str(tmp_path),))
    for program in test_command.PROGRAMS:
        (tmp_path / program).touch(mode=0o755)
    assert test_command.missing_packages() == []


def test_benches_are_listed_with_what_they_measure() -> None:
    """Each says it in the first line of its docstring."""
    listed = StringIO()
    call_command("bench", stdout=listed)
    assert [line.partition(": ")[0] for line in listed.getvalue().splitlines()] == sorted(BENCHES)
    assert all(line.partition(": ")[2] for line in listed.getvalue().splitlines())
