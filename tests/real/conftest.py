"""The lab of real servers, one for the whole run."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.authority import DAY, Authority, Issued
from tests.real.mail_lab import KeyFiles, Lab, running


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
        "good": _files(folder, "good", authority.issue(["mx-good.lab.test"])),
        "expired": _files(folder, "expired", authority.issue(["mx-expired.lab.test"], ends=-DAY)),
    }
    with running(folder / "servers", keys, ca_file) as lab:
        yield lab


def _files(folder: Path, name: str, issued: Issued) -> KeyFiles:
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(issued.chain_pem)
    key.write_bytes(issued.key_pem)
    return KeyFiles(chain, key)
