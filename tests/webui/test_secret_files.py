"""Secrets that stand in files, as containers have them."""

from pathlib import Path

import pytest

from webui.environment import SettingsError
from webui.secret_files import NAMES, with_secret_files


@pytest.mark.parametrize("name", NAMES)
def test_a_file_stands_for_the_secret(tmp_path: Path, name: str) -> None:
    """What it holds counts, without the line end that editors leave."""
    file = tmp_path / "secret"
    file.write_text("between-us\n")
    assert with_secret_files({f"{name}_FILE": str(file), "OTHER": "1"})[name] == "between-us"


def test_without_files_nothing_changes() -> None:
    assert with_secret_files({"SECRET_KEY": "k", "SECRET_KEY_FILE": ""}) == {"SECRET_KEY": "k", "SECRET_KEY_FILE": ""}


@pytest.mark.parametrize(
    ("held", "beside", "said"),
    [
        (None, {}, "SECRET_KEY_FILE: .* can't be read"),
        (b"", {}, "SECRET_KEY_FILE: .* is empty"),
        (b" \n", {}, "SECRET_KEY_FILE: .* is empty"),
        (b"\xff\xfe", {}, "SECRET_KEY_FILE: .* can't be read: it is no text"),
        (b"one", {"SECRET_KEY": "two"}, "SECRET_KEY and SECRET_KEY_FILE are both set"),
    ],
)
def test_what_can_not_be_followed_is_refused(
    tmp_path: Path, held: bytes | None, beside: dict[str, str], said: str
) -> None:
    """A missing, empty or broken file, and a secret that is named twice: a sentence names the variable."""
    file = tmp_path / "secret"
    if held is not None:
        file.write_bytes(held)
    with pytest.raises(SettingsError, match=said):
        with_secret_files({"SECRET_KEY_FILE": str(file), **beside})
