"""All that one address takes in TLS: versions with their suites by class, what else counts, standards, what was asked.

The one rule of this file: what was not asked, and what had no clear answer, is named; it never looks like a refusal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from checker.report.document import Report
from checker.report.document_servers import AskedEntry, EndpointSection, ProfileEntry, TlsSection, Version, Weakness
from checker.tls.profiles import profiles
from checker.tls.registry import BAD_KINDS, VERSIONS, Grade, group_named, suite_named
from webui.scans.presentation.marks import COULD_NOT_TELL, NOT_ASKED, Mark
from webui.scans.presentation.times import counted, earlier

GOOD, PHASE_OUT, BAD = Mark("ok", "good"), Mark("warn", "to be phased out"), Mark("bad", "bad")
_MARKS: dict[Grade, Mark] = {"good": GOOD, "phase-out": PHASE_OUT, "bad": BAD}
_GRADE_OF_VERSION: dict[Version, Mark] = {
    "TLSv1.3": Mark("ok", "accepted"),
    "TLSv1.2": Mark("ok", "accepted"),
    "TLSv1.1": Mark("warn", "accepted", "to be phased out"),
    "TLSv1.0": Mark("warn", "accepted", "to be phased out"),
    "SSLv3": Mark("bad", "accepted"),
    "SSLv2": Mark("bad", "accepted"),
}
_NO_CERTIFICATE = Mark("na", "without certificate")
_NOT_ACCEPTED: dict[Version, tuple[Mark, str]] = {
    "TLSv1.3": (Mark("na", "not accepted"), "The newest version; it comes with a newer TLS library."),
    "TLSv1.2": (Mark("warn", "not accepted"), "Many senders have nothing newer."),
    "TLSv1.1": (Mark("ok", "refused"), "Withdrawn in 2021."),
    "TLSv1.0": (Mark("ok", "refused"), "Withdrawn in 2021."),
    "SSLv3": (Mark("ok", "refused"), "Broken, and no sender needs it."),
    "SSLv2": (Mark("ok", "refused"), "Broken, and no sender needs it."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """Suites or groups of one class, by their IANA names."""

    mark: Mark
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One version, or one question: how it stands, in plain words, and by name what was chosen."""

    name: str
    mark: Mark
    words: str = ""
    classes: tuple[Class, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A named standard: whether the server passes it, with what it fails, and what is not known."""

    name: str
    source: str
    mark: Mark
    fails: tuple[str, ...]
    phase_out: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """What is known of one address. ``open`` says what is not, and why; the rest is empty where it was not asked."""

    address: str
    open: tuple[str, ...]
    versions: tuple[Row, ...] = ()
    others: tuple[Row, ...] = ()
    standards: tuple[Standard, ...] = ()
    asked: tuple[AskedEntry, ...] = ()
    cost: str = ""


def encryption(endpoint: EndpointSection, host: str, report: Report) -> Encryption | None:
    """Null where nothing was agreed on in TLS."""
    tls = endpoint["tls"]
    if tls is None:
        return None
    open_ = tuple(_open(endpoint, host, report))
    asked = tls.get("asked")
    if asked is None:
        return Encryption(address=endpoint["address"], open=open_)
    reused = tls.get("asked_earlier")
    done = "the handshake" if tls["negotiated"] else "the handshake had failed"
    when = f", {earlier(reused, report['started_at'])}" if reused else ""
    return Encryption(
        address=endpoint["address"],
        open=open_,
        versions=tuple(_version(version, tls) for version in reversed(VERSIONS)),
        others=tuple(_others(tls, report["depth"])),
        standards=tuple(map(_standard, tls.get("profiles") or ())),
        asked=tuple(asked),
        cost=f"{counted(len(asked), 'connection')} after {done}{when}",
    )


def encryptions(endpoints: list[EndpointSection], host: str, report: Report) -> tuple[Encryption, ...]:
    """Of every address that speaks TLS; of several alike those that were not asked are told by their limit alone."""
    return tuple(seen for endpoint in endpoints if (seen := encryption(endpoint, host, report)) is not None)


def _open(endpoint: EndpointSection, host: str, report: Report) -> Iterator[str]:
    path = f"servers.{host}.{endpoint['address']}.tls"
    return (limit["detail"] for limit in report["limits"] if limit["path"] == path)


def _version(version: Version, tls: TlsSection) -> Row:
    is_accepted = tls["versions"].get(version)
    name = version.replace("TLSv", "TLS ")
    if is_accepted is None and version == "SSLv2" and tls["versions"].get("TLSv1.3"):
        return Row(name=name, mark=NOT_ASKED, words="No TLS library has it beside TLS 1.3.")
    if is_accepted is None:
        return Row(name=name, mark=COULD_NOT_TELL)
    if not is_accepted:
        mark, words = _NOT_ACCEPTED[version]
        return Row(name=name, mark=mark, words=words)
    return Row(name=name, mark=_GRADE_OF_VERSION[version], classes=_by_class(tls["ciphers"].get(version, []), version))


def _by_class(suites: list[str], version: Version) -> tuple[Class, ...]:
    """The best first."""
    marks = {name: _mark_of(name, version) for name in suites}
    return tuple(
        Class(mark=mark, names=tuple(name for name in suites if marks[name] == mark))
        for mark in (GOOD, PHASE_OUT, _NO_CERTIFICATE, BAD)
        if mark in marks.values()
    )


def _mark_of(name: str, version: Version) -> Mark:
    """All of SSLv2 is bad, and so is what no list names. Without a certificate mail is as safe as its sender asks."""
    suite = suite_named(name)
    if version == "SSLv2" or suite is None:
        return BAD
    if "anonymous" in suite.kinds and suite.kinds.isdisjoint({*BAD_KINDS} - {"anonymous"}):
        return _NO_CERTIFICATE
    return _MARKS[suite.grade]


_KINDS: dict[Weakness, tuple[str, str, Mark]] = {
    "null": ("No encryption (NULL)", "Mail sent so is readable to all.", BAD),
    "export": ("Export ciphers", "Weak on purpose, forty bits: broken in minutes.", BAD),
    "rc4": ("RC4", "Broken: a listener with patience can read it.", BAD),
    "3des": ("3DES", "Weak in long sessions; hardly any sender has nothing better.", PHASE_OUT),
    "static-rsa": ("Without forward secrecy", "Recorded mail can be read by who steals the key later.", PHASE_OUT),
    "anonymous": (
        "Without a certificate",
        "For senders that ask for nothing else, and check no certificate anyway.",
        Mark("na", "accepted"),
    ),
    "weak-group": ("Short curves", "Under 224 bits: within reach of those who can afford it.", BAD),
    "compression": ("Compression", "Gives away something of what is encrypted.", BAD),
    "insecure-renegotiation": ("Insecure renegotiation", "Somebody in between can put words first.", BAD),
    "sha1-signature": ("Signatures with SHA-1", "Can be forged at great cost.", PHASE_OUT),
    "plaintext-injection": ("Commands before encryption", "What somebody in between puts first is obeyed.", BAD),
}
_ONLY_DEEP: set[Weakness] = {"sha1-signature", "plaintext-injection"}


def _others(tls: TlsSection, depth: str) -> Iterator[Row]:
    """What is there, each with its words; then in one row each what was refused, not asked, and could not be told."""
    yield _groups(tls)
    yield _post_quantum(tls)
    yield _dh(tls)
    yield _order(tls)
    states = {weakness: tls["weaknesses"].get(weakness) for weakness in _KINDS}
    for weakness, (name, words, mark) in _KINDS.items():
        if states[weakness]:
            yield Row(name=name, mark=mark, words=words)
    for name, is_there in (
        ("Session keys bound to the handshake", tls.get("extended_master_secret")),
        ("Encrypt-then-MAC for CBC suites", tls.get("encrypt_then_mac")),
    ):
        if is_there is not None:
            yield Row(name=name, mark=Mark("ok", "yes") if is_there else Mark("warn", "missing"), words=_RARE[is_there])
    deep = _only_deep(tls)
    yield from (row for row in deep.values() if row is not None)
    refused = [name for weakness, (name, _, _) in _KINDS.items() if states[weakness] is False]
    unknown = [weakness for weakness in _KINDS if states[weakness] is None]
    unasked = [weakness for weakness in unknown if weakness in _ONLY_DEEP and depth == "verdict"]
    left_to_deep = [_KINDS[weakness][0] for weakness in unasked]
    if depth == "verdict":
        left_to_deep += [name for name, row in deep.items() if row is None]
    yield from _together("None of these", Mark("ok", "refused"), refused)
    yield from _together("Only a deep check asks", NOT_ASKED, left_to_deep)
    yield from _together("Open", COULD_NOT_TELL, [_KINDS[each][0] for each in unknown if each not in unasked])


_RARE = {True: "Nothing to be done.", False: "A newer TLS library brings it."}


def _together(name: str, mark: Mark, what: list[str]) -> Iterator[Row]:
    if what:
        yield Row(name=name, mark=mark, words=f"{'; '.join(what)}.")


def _groups(tls: TlsSection) -> Row:
    groups = tls["groups"]
    if not groups:
        return Row(name="Groups for key exchange", mark=COULD_NOT_TELL)
    weak = [name for name in groups if (group := group_named(name)) is None or group.is_weak]
    good = tuple(name for name in groups if name not in weak)
    classes = (Class(mark=GOOD, names=good), Class(mark=BAD, names=tuple(weak)))
    words = "" if tls["groups_complete"] else "Those that were seen; only a deep check asks for each."
    return Row(
        name="Groups for key exchange",
        mark=BAD if weak else GOOD,
        words=words,
        classes=tuple(each for each in classes if each.names),
    )


def _post_quantum(tls: TlsSection) -> Row:
    name = "Withstands quantum computers"
    match tls["post_quantum"]:
        case True:
            return Row(name=name, mark=Mark("ok", "yes"), words="What is recorded today stays closed.")
        case False:
            return Row(name=name, mark=Mark("na", "not yet"), words="Few servers do. A newer TLS library brings it.")
        case None:
            return Row(name=name, mark=COULD_NOT_TELL)


def _dh(tls: TlsSection) -> Row:
    name, bits, prime = "DH over a prime", tls["dh_bits"], tls.get("dh_prime")
    if tls["dhe"] is False:
        return Row(name=name, mark=Mark("na", "not accepted"), words="Keys are agreed on over curves.")
    if bits is None:
        return Row(name=name, mark=COULD_NOT_TELL)
    whose = f", {prime}" if prime else ", a prime of its own"
    return Row(name=name, mark=BAD if tls["weaknesses"].get("weak-dh") else GOOD, words=f"{bits} bits{whose}.")


def _order(tls: TlsSection) -> Row:
    name = "Who chooses the suite"
    match tls["preference"]:
        case "server":
            return Row(name=name, mark=Mark("ok", "the server"), words="Its own order rules.")
        case "client":
            return Row(name=name, mark=Mark("na", "the sender"), words="What the sender likes best is taken.")
        case None:
            has_choice = any(len(tls["ciphers"].get(version, ())) > 1 for version in VERSIONS[:-1])
            nothing = Row(name=name, mark=Mark("na", "no choice"), words="No second suite was seen.")
            return Row(name=name, mark=COULD_NOT_TELL) if has_choice else nothing


def _only_deep(tls: TlsSection) -> dict[str, Row | None]:
    """What only a deep check asks, by name; null where there was no answer."""
    by_name = {
        "same": Mark("ok", "same certificate"),
        "other": Mark("ok", "another one"),
        "failed": Mark("bad", "fails"),
    }
    is_read = {True: Mark("ok", "answered"), False: Mark("warn", "fails")}
    is_noticed = {True: Mark("ok", "noticed"), False: Mark("na", "not noticed")}
    is_completed = {True: Mark("na", "completed"), False: Mark("ok", "refused")}
    marked: tuple[tuple[str, Mark | None, str], ...] = (
        ("A handshake for an unknown name", by_name.get(tls.get("unknown_name") or ""), _NAMES),
        ("A handshake without a name", by_name.get(tls.get("no_name") or ""), _NAMES),
        (
            "A first message of two packets",
            _mark(is_read, tls.get("large_hello")),
            "The newest senders send such ones.",
        ),
        ("A sender pushed to an old version", _mark(is_noticed, tls.get("fallback_scsv")), "It matters below TLS 1.2."),
        (
            "A handshake begun anew by the sender",
            _mark(is_completed, tls.get("client_renegotiation")),
            "No sender needs it.",
        ),
    )
    return {name: Row(name=name, mark=mark, words=words) if mark else None for name, mark, words in marked}


_NAMES = "Senders ask by different names, or by none."


def _mark(marks: dict[bool, Mark], answer: bool | None) -> Mark | None:
    return None if answer is None else marks[answer]


_BEYOND = {profile.code: profile.beyond for profile in profiles()}


def _standard(entry: ProfileEntry) -> Standard:
    marks = {True: Mark("ok", "passes"), False: Mark("warn", "fails"), None: COULD_NOT_TELL}
    return Standard(
        name=entry["name"],
        source=entry["source"],
        mark=marks[entry["passes"]],
        fails=tuple(entry["fails"]),
        phase_out=tuple(entry["phase_out"]),
        missing=(*entry["missing"], *_BEYOND.get(entry["code"], ())),
    )


def lines_of(seen: Encryption) -> Iterator[str]:
    """The same for a ticket."""
    yield from seen.open
    for row in (*seen.versions, *seen.others):
        fact = f" ({row.mark.fact})" if row.mark.fact else ""
        words = f". {row.words}" if row.words else ""
        yield f"{row.name}: {row.mark.words}{fact}{words}"
        for each in row.classes:
            yield f"  {each.mark.words}: {', '.join(each.names)}"
    for standard in seen.standards:
        yield f"{standard.name}: {standard.mark.words}"
        yield from (f"  fails: {what}" for what in standard.fails)
        yield from (f"  to be phased out, or not mentioned: {what}" for what in standard.phase_out)
        yield from (f"  not known: {what}" for what in standard.missing)
    for asked in seen.asked:
        yield f"Asked: {asked['asks']} ({asked['offer']}). Answer: {asked['answer']}"
