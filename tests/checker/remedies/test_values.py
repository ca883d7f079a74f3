"""What of a stranger's text may be pasted, and what of a new value is new."""

import pytest

from checker.names import DomainName
from checker.remedies.values import CURRENT, changed, is_host_name, is_owner_name, named, shown


@pytest.mark.parametrize("name", ["mx.d.test", "a-1.d.test", "xn--bcher-kva.test"])
def test_host_names(name: str) -> None:
    """Letters, digits and hyphens, and more than one label."""
    assert is_host_name(name)
    assert named(DomainName(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "mail",
        "m_x.d.test",
        "-a.test",
        "a-.test",
        "a..test",
        "a.test.",
        "a\n.test",
        "a.b\n",
        "10.0.0.1",
        "a" * 64 + ".test",
        ".".join(["a" * 60] * 5),
        r"a\059b.test",
        "A.test",
    ],
)
def test_no_host_names(name: str) -> None:
    """Nothing that a zone file, a shell or a policy might take for something else."""
    assert not is_host_name(name)


def test_underscores_may_own_records() -> None:
    """As ``_mta-sts`` does; escapes may not."""
    assert is_owner_name("_mta-sts.d.test")
    assert not is_owner_name(r"a\010.test")


@pytest.mark.parametrize(
    ("target", "want"),
    [
        (r"2a00\0581\058\0581", "2a00:1::1"),
        ("192.52.193.1", "192.52.193.1"),
        ("m_x.d.test", "m_x.d.test"),
        (r"m\032x.d.test", CURRENT),
        (r"fe80\058\0581%eth0", CURRENT),
    ],
)
def test_a_target_is_told_as_panels_show_it(target: str, want: str) -> None:
    """An address without escapes; what holds odd octets not at all."""
    assert named(DomainName(target)) == want


@pytest.mark.parametrize("text", ["v=STSv1; id=1;", "v=TLSRPTv1;rua=mailto:a+b@x.test,https://x.test/r"])
def test_harmless_texts_are_shown(text: str) -> None:
    """As they are published."""
    assert shown(text) == text


@pytest.mark.parametrize(
    "text", ["", "a\n", "a\nb", 'a"b', "$(id)", "`id`", "a\\b", "\x1b[2J", "é", " a", "a ", "a" * 501]
)
def test_other_texts_are_not(text: str) -> None:
    """Quotes, escapes, controls and what is too long."""
    assert shown(text) == CURRENT


@pytest.mark.parametrize(
    ("old", "new", "want"),
    [
        ("v=STSv1; id=1;", "v=STSv1; id=2;", "2"),
        ("v=STSv1; id=1", "v=STSv1; id=1;", ";"),
        ("10 .", "0 .", "0"),
        ("", "v=STSv1; id=2;", "v=STSv1; id=2;"),
        ("same", "same", ""),
        ("aa", "aaaa", "aaaa"),
    ],
)
def test_what_is_new(old: str, new: str, want: str) -> None:
    """One stretch in whole words, part of the new value."""
    assert changed(old, new) == want
    assert want in new
