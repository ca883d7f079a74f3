"""What Mailseal runs on may be used, changed and sold by anybody: permissive licences only."""

import re
from importlib.metadata import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

LOCK = Path(__file__).resolve().parents[1] / "requirements.txt"
PERMISSIVE = {
    "Apache Software License",
    "Apache-2.0",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT License",
    "MIT-0",
    "PSF-2.0",
}
# The design asks for Mozilla's roots, and this is how they are published: a data file, read and never changed.
EXCEPTIONS = {"certifi": {"Mozilla Public License 2.0 (MPL 2.0)"}}

LINES = re.findall(r"^([a-z0-9][^\\]+?)\s*\\?$", LOCK.read_text(), flags=re.M)
REQUIRED = [needed.name for needed in map(Requirement, LINES) if not needed.marker or needed.marker.evaluate()]


def licences_of(name: str) -> set[str]:
    """The licences that a distribution says it is under: an SPDX expression, or classifiers, or a word or two."""
    declared = metadata(name)
    if expression := declared.get("License-Expression"):
        return set(re.split(r" OR | AND ", expression))
    classifiers = declared.get_all("Classifier") or []
    named = {text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: ")}
    return named or set((declared.get("License") or "").splitlines()[:1])


def test_the_lock_is_read() -> None:
    """The test below would hold of an empty list."""
    assert len(REQUIRED) >= 30
    assert {"django", "celery", "cryptography", "certifi"} <= set(REQUIRED)


@pytest.mark.parametrize("name", REQUIRED)
def test_its_licence_is_permissive(name: str) -> None:
    """Every distribution of the run-time lock, those that others brought in too."""
    found = licences_of(name)
    assert found, f"{name} names no licence"
    assert found <= PERMISSIVE | EXCEPTIONS.get(name, set())


def test_ours_is_apache() -> None:
    """The text is there, and the package says the same."""
    assert "Apache License" in (LOCK.parent / "LICENSE").read_text()[:200]
    assert 'license = "Apache-2.0"' in (LOCK.parent / "pyproject.toml").read_text()
