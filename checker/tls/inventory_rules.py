"""What follows from the questions that a server's TLS was asked (requirements section 3).

The one rule of this file: on port 25 who finds no common TLS delivers in clear text, so what a server takes beside
good TLS is serious only where somebody in between could push two good sides down to it, or where it is no encryption.
"""

from collections.abc import Iterator

from checker.finding import Finding, Rule
from checker.listing import joined
from checker.tls.facts import Inventory, TlsFacts
from checker.tls.registry import BAD_KINDS, VERSIONS, Kind, Version, group_named, has_forward_secrecy, kinds_of

_OLD: tuple[Version, ...] = ("TLSv1.0", "TLSv1.1")
_BROKEN: dict[Kind, str] = {
    "null": "NULL (no encryption at all)",
    "export": "export ciphers (40 bits)",
    "des": "DES",
    "rc4": "RC4",
}
RECOMMENDED = frozenset(
    f"TLS_ECDHE_{proof}_WITH_AES_{bits}" for proof in ("RSA", "ECDSA") for bits in ("128_GCM_SHA256", "256_GCM_SHA384")
)
"""The suites of TLS 1.2 that every server should have (RFC 9325 section 4.2)."""
_USUAL_GROUPS = ("x25519", "secp256r1")


def ssl_is_off(facts: TlsFacts) -> Iterator[Finding]:
    """Neither SSLv2 nor SSLv3 is accepted (TLS-1, TLS-2)."""
    if facts.inventory is None:
        return
    if facts.inventory.speaks("SSLv2"):
        yield Finding("tls-sslv2-accepted")
    if facts.inventory.speaks("SSLv3"):
        yield Finding("tls-sslv3-accepted")


def old_versions_are_off(facts: TlsFacts) -> Iterator[Finding]:
    """TLS 1.0 and 1.1 beside good versions (TLS-3). Where they are the best, the handshake has said so."""
    known, done = facts.inventory, facts.completed
    if known is None or done is None or done.version in _OLD:
        return
    old = [version.replace("TLSv", "TLS ") for version in _OLD if known.speaks(version)]
    if old:
        yield Finding("tls-old-versions-accepted", {"versions": joined(old)})


def tls_1_2_is_there(facts: TlsFacts) -> Iterator[Finding]:
    """A server of TLS 1.3 alone shuts out many senders (TLS-4)."""
    known, done = facts.inventory, facts.completed
    if known and done and done.version == "TLSv1.3" and known.speaks("TLSv1.2") is False:
        yield Finding("tls-1-2-missing")


def no_suite_is_broken(facts: TlsFacts) -> Iterator[Finding]:
    """No NULL, export, DES, RC4; no 3DES (TLS-8, TLS-9). What was chosen from all, the handshake has told."""
    known, told = facts.inventory, _told_by_handshake(facts)
    if known is None:
        return
    broken = [name for kind, name in _BROKEN.items() if known.takes(kind) and kind not in told]
    if broken:
        yield Finding("tls-broken-suites-accepted", {"what": joined(broken)})
    if known.takes("3des") and "3des" not in told:
        yield Finding("tls-3des-accepted")


def forward_secrecy_is_there(facts: TlsFacts) -> Iterator[Finding]:
    """Some suite has it, and all have (TLS-9, TLS-10). Where it isn't preferred, the handshake has said so."""
    known, done = facts.inventory, facts.completed
    if known is None or done is None:
        return
    if lacks_forward_secrecy(facts):
        yield Finding("tls-forward-secrecy-missing", {"suite": done.suite})
    elif has_forward_secrecy(done.suite) and (known.takes("static-rsa") or known.takes("static-dh")):
        yield Finding("tls-static-keys-accepted")


def recommended_suites_are_there(facts: TlsFacts) -> Iterator[Finding]:
    """TLS 1.2 comes with a suite that every sender has (TLS-11), as far as the server would have chosen it."""
    known = facts.inventory
    if known is None or not known.speaks("TLSv1.2") or not would_have_shown(known, "TLSv1.2"):
        return
    if RECOMMENDED.isdisjoint(known.chosen_in("TLSv1.2")):
        yield Finding("tls-recommended-suites-missing")


def anonymous_suites_are_off(facts: TlsFacts) -> Iterator[Finding]:
    """Suites without a certificate, taken by who asks for nothing else, harm nobody (TLS-14)."""
    if facts.inventory and facts.inventory.takes("anonymous") and "anonymous" not in _told_by_handshake(facts):
        yield Finding("tls-anonymous-accepted")


def the_server_decides(facts: TlsFacts) -> Iterator[Finding]:
    """The server's order rules where it takes weak suites too (TLS-13)."""
    known = facts.inventory
    weak: tuple[Kind, ...] = ("null", "export", "rc4", "des", "3des", "static-dh", "static-rsa")
    if known and known.preference == "client" and any(map(known.takes, weak)):
        yield Finding("tls-client-order")


def cbc_is_mended(facts: TlsFacts) -> Iterator[Finding]:
    """CBC suites come with encrypt-then-MAC (TLS-12)."""
    known = facts.inventory
    if known and known.takes("cbc") and known.encrypt_then_mac is False:
        yield Finding("tls-cbc-without-encrypt-then-mac")


def keys_are_long_enough(facts: TlsFacts) -> Iterator[Finding]:
    """Curves of 224 bits and more, DH of 2048 and more (TLS-15, TLS-17)."""
    known = facts.inventory
    if known is None:
        return
    if known.weak_group:
        weak = [name for name in known.old_groups if (group := group_named(name)) is None or group.is_weak]
        yield Finding("tls-weak-group", {"groups": joined(weak) or "a short curve"})
    if known.weak_dh and known.dh_bits is not None:
        prime = f", the well-known prime {known.dh_prime}" if known.dh_prime else ""
        yield Finding("tls-dh-short", {"bits": known.dh_bits, "prime": prime})
    if known.are_all_groups_known:
        missing = [name for name in _USUAL_GROUPS if name not in (*known.groups, *known.old_groups)]
        if missing:
            yield Finding("tls-usual-groups-missing", {"groups": joined(missing)})


def keys_withstand_quantum_computers(facts: TlsFacts) -> Iterator[Finding]:
    """A group with ML-KEM is there (TLS-16)."""
    if facts.inventory and facts.inventory.post_quantum is not None:
        yield Finding("tls-post-quantum" if facts.inventory.post_quantum else "tls-post-quantum-missing")


def extensions_are_sound(facts: TlsFacts) -> Iterator[Finding]:
    """What a hello of TLS 1.2 shows beside version and suite (TLS-19, TLS-20, TLS-22, TLS-23)."""
    known = facts.inventory
    if known is None:
        return
    if known.compression:
        yield Finding("tls-compression")
    if known.secure_renegotiation is False:
        yield Finding("tls-renegotiation-insecure")
    if known.extended_master_secret is False:
        yield Finding("tls-extended-master-secret-missing")
    if known.heartbeat:
        yield Finding("tls-heartbeat")


def deep_questions(facts: TlsFacts) -> Iterator[Finding]:
    """What only a deep check asks (SMTP-18, TLS-6, TLS-7, TLS-18, TLS-21, TLS-26)."""
    known = facts.inventory
    if known is None:
        return
    if known.plaintext_injection:
        yield Finding("tls-plaintext-injection")
    if known.sha1_signatures:
        yield Finding("tls-sha1-signatures")
    if known.large_hello is False:
        yield Finding("tls-large-hello-fails")
    if known.no_name == "failed":
        yield Finding("tls-name-insisted-on")
    elif known.unknown_name == "failed":
        yield Finding("tls-unknown-name-refused")
    if known.fallback_scsv is False and any(map(known.speaks, _OLD)):
        yield Finding("tls-fallback-unprotected")
    if known.client_renegotiation:
        yield Finding("tls-client-renegotiation")


def everything_was_answered(facts: TlsFacts) -> Iterator[Finding]:
    """Each question had a clear answer; or else what is missing is told, once."""
    if facts.inventory and facts.inventory.missing:
        yield Finding("tls-not-all-known", {"why": " ".join(dict.fromkeys(map(_sentence, facts.inventory.missing)))})


def nothing_weak_is_taken(facts: TlsFacts) -> Iterator[Finding]:
    """All that is bad was refused: the good state itself."""
    known, done = facts.inventory, facts.completed
    if known is None or done is None or kinds_of(done.suite):
        return
    refuses_all_old = all(known.speaks(version) is False for version in VERSIONS[1:4])
    is_well = known.compression is False and known.weak_dh is False and not known.weak_group
    if refuses_all_old and is_well and all(known.takes(kind) is False for kind in BAD_KINDS):
        yield Finding("tls-nothing-weak")


def lacks_forward_secrecy(facts: TlsFacts) -> bool:
    """No suite with forward secrecy is there at all, as far as the server would have chosen it (TLS-10)."""
    known = facts.inventory
    if known is None or known.speaks("TLSv1.3") is not False or known.preference is None:
        return False
    is_thorough = known.preference == "client" or known.are_suites_complete
    return is_thorough and not any(map(has_forward_secrecy, facts.shown.chosen))


def would_have_shown(known: Inventory, version: Version) -> bool:
    """Would the best suites of a version be among those chosen, if the server had them?

    They would if every one was asked, and if the server follows a client that puts them first.
    """
    is_whole = any(listed.version == version and listed.is_complete for listed in known.suites)
    return is_whole or known.preference == "client"


def _told_by_handshake(facts: TlsFacts) -> tuple[Kind, ...]:
    return kinds_of(facts.completed.suite) if facts.completed else ()


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


RULES: tuple[Rule[TlsFacts], ...] = (
    ssl_is_off,
    old_versions_are_off,
    tls_1_2_is_there,
    no_suite_is_broken,
    forward_secrecy_is_there,
    recommended_suites_are_there,
    anonymous_suites_are_off,
    the_server_decides,
    cbc_is_mended,
    keys_are_long_enough,
    keys_withstand_quantum_computers,
    extensions_are_sound,
    deep_questions,
    everything_was_answered,
    nothing_weak_is_taken,
)
