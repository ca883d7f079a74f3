"""The lab of real servers, one for the whole run."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.authority import DAY, Authority
from tests.real import policy_lab
from tests.real.mail_lab import Lab, running
from tests.real.processes import key_files


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder that Postfix's daemons can reach, which don't run as root: pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="mailseal-lab-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture(scope="session")
def lab(folder: Path) -> Iterator[Lab]:
    authority = Authority(datetime.now(UTC))
    ca_file = folder / "roots.pem"
    ca_file.write_bytes(authority.root_pem)
    keys = {
        "good": key_files(folder, "good", authority.issue(["mx-good.lab.test"])),
        "expired": key_files(folder, "expired", authority.issue(["mx-expired.lab.test"], ends=-DAY)),
        "wrong": key_files(folder, "wrong", authority.issue(["mx-good.lab.test"])),
    }
    for name in ("oldtls", "tls12", "nonist", "anonymous"):
        keys[name] = key_files(folder, name, authority.issue([f"mx-{name}.lab.test"]))
    with (
        running(folder / "servers", keys, ca_file) as lab,
        policy_lab.running(folder / "policies", authority),
    ):
        yield lab
