"""Debian packages that are unpacked into a folder, not installed: some would throw out others that the lab needs."""

import os
import subprocess
from pathlib import Path


class NotObtainable(Exception):
    """apt can't bring a package; the text says what it said."""


def unpack(folder: Path, *packages: str) -> Path:
    """Download packages with all that they need and is not installed, and return the folder that holds their files.

    Raises NotObtainable: no apt here, no network, or no list of packages.
    """
    downloads, root = folder / "downloads", folder / "root"
    (downloads / "partial").mkdir(parents=True)
    options = (f"Dir::Cache::Archives={downloads}/", "Debug::NoLocking=1", "APT::Sandbox::User=root")
    command = ["apt-get", "install", "--download-only", "--yes", "--quiet", "--no-install-recommends"]
    _run([*command, *(f"--option={option}" for option in options), *packages])
    for package in downloads.glob("*.deb"):
        _run(["dpkg", "-x", str(package), str(root)])
    return root


def libraries(root: Path) -> Path:
    """Where unpacked packages keep their libraries."""
    return root / "usr" / "lib" / f"{os.uname().machine}-linux-gnu"


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotObtainable(f"{command[0]}: {error}") from error
    if done.returncode:
        raise NotObtainable(f"{command[0]}: {done.stderr.strip()}")
