"""What people type, and what becomes of it (requirements MX-1 to MX-6)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checker.names import DomainName, InvalidDomain, host_name, parse_domain, to_unicode, wire_labels

GOOD = [
    ("example.org", "example.org", "as typed"),
    ("  Example.ORG\t", "example.org", "trimmed, lower case"),
    ("example.org.", "example.org", "one trailing dot is presentation"),
    ("localhost", "localhost", "a single label may exist"),
    ("user@example.org", "example.org", "an address"),
    ('"a@b"@example.org', "example.org", "the last @ counts"),
    ("@example.org", "example.org", "a local part left out"),
    ("<user@example.org>", "example.org", "angle brackets"),
    ("Bob Smith <bob@example.org>", "example.org", "a name before the address"),
    ("mailto:bob@example.org", "example.org", "a mailto link"),
    ("MailTo:bob@example.org?subject=a@b/c", "example.org", "a mailto link with header fields"),
    ("/G=a/S=b/@example.org", "example.org", "slashes before the @ (RFC 5321 section 4.1.2 atoms)"),
    ("straße.de", "xn--strae-oqa.de", "non-transitional: IDNA2003 would test strasse.de"),
    ("BÜCHER.example", "xn--bcher-kva.example", "case mapping beyond ASCII"),
    ("ｅｘａｍｐｌｅ．ｏｒｇ", "example.org", "full-width letters and dot"),
    ("bob＠例え。jp", "xn--r8jz45g.jp", "full-width @, ideographic full stop"),
    ("例え.jp。", "xn--r8jz45g.jp", "a trailing ideographic full stop"),
    ("exam\u200bple.org", "example.org", "a zero-width space from a web page"),
    ("r3---sn.example", "r3---sn.example", "hyphens in 3 and 4 exist"),
    ("_x.example", "_x.example", "underscores exist"),
    ("_x.bücher.example", "_x.xn--bcher-kva.example", "an underscore beside another script"),
    ("XN--Bcher-KVA.example", "xn--bcher-kva.example", "an A-label in capitals"),
    ("a" * 63 + ".example", "a" * 63 + ".example", "63 octets"),
    (".".join(["a" * 63] * 3 + ["b" * 61]), ".".join(["a" * 63] * 3 + ["b" * 61]), "253 octets"),
    ("1.2.3.4.example", "1.2.3.4.example", "digits are fine, the last label decides"),
]

BAD = [
    ("", "empty", "nothing"),
    (" \n", "empty", "only white space"),
    (".", "empty", "the root"),
    ("user@", "empty", "no domain after the @"),
    ("\u200b", "empty", "nothing is left by the mapping"),
    ("a..b", "empty-label", "an empty label"),
    (".a", "empty-label", "a leading dot"),
    ("a..", "empty-label", "two trailing dots"),
    ("a。。b", "empty-label", "an empty label after the mapping"),
    ("a b.example", "white-space", "a space inside"),
    ("a@b.example, d.example", "white-space", "two domains"),
    ("a\nb.example", "white-space", "a line end inside"),
    ("a\x00b.example", "white-space", "a control character inside"),
    ("a\u00a0b.example", "white-space", "a no-break space inside"),
    ("[192.0.2.1]", "address-literal", "an IPv4 literal (RFC 8461 section 3.4)"),
    ("bob@[IPv6:2001:db8::1]", "address-literal", "an IPv6 literal"),
    ("192.0.2.1", "ip-address", "IPv4"),
    ("192.0.2.1.", "ip-address", "IPv4 with a root dot"),
    ("bob@192.0.2.1", "ip-address", "IPv4 after an @"),
    ("127.1", "ip-address", "IPv4, short"),
    ("2130706433", "ip-address", "IPv4, one number"),
    ("0x7f.0.0.0x1", "ip-address", "IPv4, hexadecimal"),
    ("0177.0.0.01", "ip-address", "IPv4, octal"),
    ("１２７.0.0.1", "ip-address", "IPv4, full-width"),
    ("2001:db8::1", "ip-address", "IPv6"),
    ("::ffff:192.0.2.1", "ip-address", "IPv6, mapped"),
    ("fe80::1%eth0", "ip-address", "IPv6 with a zone"),
    ("IPv6:2001:db8::1", "ip-address", "IPv6 with the tag of a literal"),
    ("https://example.org/x", "url", "a web address"),
    ("//example.org", "url", "a web address without a scheme"),
    ("example.org/x", "url", "a path"),
    ("example.org/@somebody", "url", "a path with an @"),
    ("example.org:25", "url", "a port"),
    ("bücher。example/x", "url", "a path behind a name in another script"),
    ("हिन्दी.example:25", "url", "a port behind a name with combining marks"),
    ("example.org:", "url", "a port that was forgotten"),
    ("example.org:25/x", "url", "a port and a path"),
    ("<script>alert(1)</script>", "bad-character", "HTML"),
    ("</title>", "bad-character", "HTML, of which a path is left"),
    ("/etc/passwd", "bad-character", "a path without a host"),
    ("javascript:alert(1)", "bad-character", "a colon with no port behind it"),
    ('a"b.example/c', "bad-character", "a path behind what is no host"),
    ("\0", "white-space", "only a control character"),
    ("example.org?x", "bad-character", "a query"),
    ("*.example.org", "bad-character", "a wildcard"),
    ("exa$mple.org", "bad-character", "a symbol of ASCII"),
    ("℀.example", "bad-character", "maps to a/c"),
    ("-a.example", "bad-hyphen", "a hyphen first"),
    ("a-.example", "bad-hyphen", "a hyphen last"),
    ("I❤.example", "not-idna", "a symbol (IDNA2003 took it)"),
    ("\ud800.example", "not-idna", "half a surrogate pair"),
    ("a\u200d.example", "not-idna", "a joiner out of context"),
    ("xn--.example", "bad-hyphen", "nothing encoded"),
    ("xn--a.example", "bad-a-label", "no Punycode"),
    ("xn--zzzzzzzz99999999.example", "bad-a-label", "beyond Unicode"),
    ("xn--test-3o3b.example", "bad-a-label", "an encoded symbol"),
    ("xn--bcher-KVA-.example", "bad-hyphen", "a hyphen last in an A-label"),
    ("a" * 64 + ".example", "label-too-long", "64 octets"),
    ("xn--" + "a" * 60 + ".example", "label-too-long", "64 octets of A-label"),
    ("ü" * 63 + ".example", "label-too-long", "63 characters, more octets as an A-label"),
    (".".join(["a" * 63] * 4), "name-too-long", "255 octets of text"),
    ("a" * 100_000, "name-too-long", "a pasted book"),
    ("ü." * 100_000, "name-too-long", "a pasted book in another script"),
]


@pytest.mark.parametrize(("text", "want", "why"), GOOD, ids=[why for *_, why in GOOD])
def test_good(text: str, want: str, why: str) -> None:
    assert parse_domain(text) == want


@pytest.mark.parametrize(("text", "code", "why"), BAD, ids=[why for *_, why in BAD])
def test_bad(text: str, code: str, why: str) -> None:
    with pytest.raises(InvalidDomain) as refused:
        parse_domain(text)
    assert refused.value.code == code
    assert refused.value.message.endswith((".", "example.org", "example"))


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("https://example.org/x", "Type only the domain: example.org"),
        ("https://bob:pw@Example.org:8443/x@y?z#w", "Type only the domain: example.org"),
        ("https://bücher.example", "Type only the domain: xn--bcher-kva.example"),
        ("http://192.0.2.1/", "Type only the domain, such as example.org."),
        ("https://", "Type only the domain, such as example.org."),
        ("http://[::1]/", "Type only the domain, such as example.org."),
        ("a://b://c", "Type only the domain: b"),
    ],
)
def test_a_url_is_answered_with_what_to_type(url: str, advice: str) -> None:
    """The host of a pasted web address is named only where it would be accepted."""
    with pytest.raises(InvalidDomain) as refused:
        parse_domain(url)
    assert refused.value.code == "url"
    assert refused.value.message.endswith(advice)


_TYPED = st.text(alphabet="aä1.-_@ :/[]xn。ßＡ☺<>\\\u200d\u0301", max_size=30)


@given(st.one_of(st.text(max_size=80), _TYPED, st.builds("xn--{}.example".format, _TYPED)))
@example("xn--a-ecp.ru")
@example("ⅷ.example")
def test_any_text_is_a_name_or_refused(text: str) -> None:
    """Nothing but InvalidDomain is raised; a name fits DNS, survives another parse and its own script."""
    try:
        name = parse_domain(text)
    except InvalidDomain:
        return
    assert name.isascii()
    assert name == name.lower()
    assert 0 < len(name) <= 253
    assert all(0 < len(label) <= 63 for label in name.split("."))
    assert parse_domain(name) == name
    assert parse_domain(to_unicode(name)) == name


@given(st.lists(st.binary(min_size=1, max_size=63), max_size=8))
def test_wire_labels_survive_as_a_name(labels: list[bytes]) -> None:
    """Whatever bytes a server puts in a name: one text each, no control characters, and back again."""
    name = host_name(labels)
    assert name.isascii()
    assert name.isprintable()
    assert wire_labels(name) == tuple(label.lower() for label in labels)
    assert to_unicode(name).count(".") == name.count(".")


@pytest.mark.parametrize(
    ("labels", "want"),
    [
        ([], ""),
        ([b"MX", b"Example", b"org"], "mx.example.org"),
        ([b"_25", b"a-b"], "_25.a-b"),
        ([b"a.b", b"c"], r"a\046b.c"),
        ([b"\x00\xff\\", b"c"], r"\000\255\092.c"),
        ([b"\xc3\x9c"], r"\195\156"),
        ([b"a b<c>"], r"a\032b\060c\062"),
    ],
)
def test_host_name(labels: list[bytes], want: str) -> None:
    """RFC 1035 section 5.1 escapes; letters are lower-cased in ASCII only."""
    assert host_name(labels) == want


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("xn--bcher-kva.example", "bücher.example"),
        ("xn--a.example", "xn--a.example"),
        ("xn--.xn--r8jz45g", "xn--.例え"),
        (r"\195\156.example", r"\195\156.example"),
        ("", ""),
    ],
)
def test_to_unicode(name: str, want: str) -> None:
    """Labels that are no proper A-labels stay as they are in DNS."""
    assert to_unicode(DomainName(name)) == want
