"""The cipher suites, groups and signature schemes: IANA names by code, and what is to be said of each.

The one rule of this file: the lists are data (``checker/data``, and the tables below from the IANA registries), what a
suite is good for is read from its name, and a code that no list holds still has a name.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from checker.data import nist_suites, read_table

type Version = Literal["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
VERSIONS: tuple[Version, ...] = ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")

type BadKind = Literal["null", "anonymous", "export", "rc4", "des", "3des", "static-dh", "dss"]
BAD_KINDS: tuple[BadKind, ...] = ("null", "anonymous", "export", "rc4", "des", "3des", "static-dh", "dss")
type PhaseOutKind = Literal["static-rsa", "dhe", "cbc"]
PHASE_OUT_KINDS: tuple[PhaseOutKind, ...] = ("static-rsa", "dhe", "cbc")
type Kind = BadKind | PhaseOutKind

type Grade = Literal["good", "phase-out", "bad"]
type Proof = Literal["RSA", "ECDSA", "other"]
"""By which kind of certificate a server proves who it is; other: DSS, GOST, a shared key, or nothing at all."""

# Not all of ECDH and DH: the anonymous kinds make a new key each time.
_STATIC = ("RSA", "DH_RSA", "DH_DSS", "ECDH_RSA", "ECDH_ECDSA", "PSK_WITH", "KRB5", "NULL")
_NO_FORWARD_SECRECY = tuple(f"TLS_{exchange}_" for exchange in _STATIC)
_WEAK_CIPHERS = {
    "_WITH_NULL_": "NULL (no encryption at all)",
    "_EXPORT_": "an export cipher",
    "_RC4_": "RC4",
    "_DES_": "DES",
}
_KIND_MARKS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("null", ("_WITH_NULL_",)),
    ("anonymous", ("_anon_",)),
    ("export", ("_EXPORT_", "_EXPORT1024_")),
    ("rc4", ("_RC4_",)),
    ("des", ("_DES_", "_DES40_", "_RC2_")),
    ("3des", ("_3DES_",)),
    ("static-dh", ("TLS_DH_RSA_", "TLS_DH_DSS_", "TLS_ECDH_RSA_", "TLS_ECDH_ECDSA_")),
    ("dss", ("_DSS_",)),
    ("static-rsa", ("TLS_RSA_WITH_", "TLS_RSA_EXPORT")),
    ("dhe", ("TLS_DHE_",)),
    ("cbc", ("_CBC_",)),
)
_RSA_PROOFS = ("TLS_RSA_WITH_", "TLS_RSA_EXPORT", "TLS_DHE_RSA_", "TLS_ECDHE_RSA_")
_UNUSUAL = ("PSK", "SRP", "KRB5", "GOST", "CECPQ1", "ECCPWD", "FIPS")  # none is of use to strangers who bring mail
_SINCE_1_2 = ("_GCM_", "_CCM", "_POLY1305_", "_SHA256_", "_SHA384_")
_TLS_1_3 = ("TLS_AES_", "TLS_CHACHA20_", "TLS_SHA256_", "TLS_SHA384_", "TLS_SM4_", "TLS_AEGIS_")
_SIGNALS = (0x0000, 0x00FF, 0x5600)  # no suites: the initial state, and two signals of a client


@dataclass(frozen=True)
class Suite:
    """A cipher suite of SSLv3 to TLS 1.3. ``kinds``: all that is to be said against it.

    What its name tells is read from it once: a plan looks at every suite for every answer.
    """

    code: int
    name: str
    kinds: frozenset[Kind]

    @cached_property
    def grade(self) -> Grade:
        """Good enough, to be phased out, or bad: not to be negotiated (RFC 9325 section 4.1)."""
        if not self.kinds.isdisjoint(BAD_KINDS):
            return "bad"
        return "phase-out" if self.kinds else "good"

    @cached_property
    def proof(self) -> Proof:
        """The kind of certificate that it needs below TLS 1.3."""
        if self.name.startswith(_RSA_PROOFS):
            return "RSA"
        return "ECDSA" if self.name.startswith("TLS_ECDHE_ECDSA_") else "other"

    @cached_property
    def is_elliptic(self) -> bool:
        """It agrees on a key by an ephemeral elliptic curve, so that groups matter."""
        return self.name.startswith(("TLS_ECDHE_", "TLS_ECDH_anon_"))

    @cached_property
    def is_finite_field(self) -> bool:
        """It agrees on a key by an ephemeral Diffie-Hellman exchange over a prime."""
        return self.name.startswith(("TLS_DHE_", "TLS_DH_anon_"))

    @cached_property
    def is_tls13(self) -> bool:
        """It belongs to TLS 1.3 alone (RFC 8446 appendix B.4)."""
        return "_WITH_" not in self.name

    @cached_property
    def is_unusual(self) -> bool:
        """It needs a key or a password that was agreed before, or belongs to a national or forgotten standard."""
        return any(part in self.name for part in _UNUSUAL)

    @cached_property
    def _is_newer(self) -> bool:
        return any(part in f"{self.name}_" for part in _SINCE_1_2)

    def fits(self, version: Version) -> bool:
        """May it be negotiated in this version? The SSLv2 suites are of another kind."""
        if self.is_tls13 or version in ("TLSv1.3", "SSLv2"):
            return self.is_tls13 and version == "TLSv1.3"
        return version == "TLSv1.2" or not self._is_newer


@cache
def suites() -> dict[int, Suite]:
    """Every suite of SSLv3 to TLS 1.3 by its code, in the order of the codes."""
    named = {code: name for code, name in sorted(_names().items()) if code not in _SIGNALS}
    return {code: Suite(code, name, _kinds(name)) for code, name in named.items()}


@cache
def sslv2_suites() -> dict[int, str]:
    """The cipher specs of SSLv2, three bytes each (draft-hickman-netscape-ssl section C.4)."""
    return {int(code, 16): name for code, name in read_table("iana_suites.json").items() if len(code) > len("0x0000")}


def suite_name(code: int) -> str:
    """The IANA name of a suite, or its code where IANA lists none."""
    return _names().get(code, f"0x{code:04X}")


@cache
def _by_name() -> dict[str, Suite]:
    return {suite.name: suite for suite in suites().values()}


def suite_named(name: str) -> Suite | None:
    """The suite of this name. Null: IANA lists none."""
    return _by_name().get(name)


def kinds_of(name: str) -> tuple[Kind, ...]:
    """All that is to be said against the suite of this name, in a fixed order."""
    kinds = _kinds(name)
    return tuple(kind for kind in (*BAD_KINDS, *PHASE_OUT_KINDS) if kind in kinds)


def shows_a_nist_suite(code: int, version: str) -> bool:
    """Does a handshake with this suite show that the server has one of NIST SP 800-52 revision 1 or 2?

    Any TLS 1.3 handshake does: TLS_AES_128_GCM_SHA256 must be implemented (RFC 8446 section 9.1), whichever was taken.
    """
    return version == "TLSv1.3" or code in nist_suites()


def is_of_nist(name: str, version: str) -> bool:
    """As ``shows_a_nist_suite``, for the suite of this name."""
    suite = suite_named(name)
    return suite is not None and shows_a_nist_suite(suite.code, version)


def is_anonymous(suite: str) -> bool:
    """A suite without a certificate, so that anybody in between may answer."""
    return "_anon_" in suite


def weakness(suite: str) -> str | None:
    """The name of a cipher that must not be negotiated (RFC 9325 section 4.1), null for the others."""
    return next((name for part, name in _WEAK_CIPHERS.items() if part in f"{suite}_"), None)


def is_triple_des(suite: str) -> bool:
    """3DES has less than 128 bits of strength, so it should not be negotiated (RFC 9325 section 4.1)."""
    return "_3DES_" in suite


def has_forward_secrecy(suite: str) -> bool:
    """A recorded session stays closed when the server's key is stolen later (RFC 9325 section 4.1)."""
    return not suite.startswith(_NO_FORWARD_SECRECY)


@cache
def _names() -> dict[int, str]:
    listed = read_table("iana_suites.json").items()
    return {int(code, 16): name for code, name in listed if len(code) == len("0x0000") and name != "-"}


def _kinds(name: str) -> frozenset[Kind]:
    if name in ("TLS_SHA256_SHA256", "TLS_SHA384_SHA384"):  # RFC 9150: integrity alone, in TLS 1.3
        return frozenset({"null"})
    return frozenset(kind for kind, marks in _KIND_MARKS if any(mark in f"{name}_" for mark in marks))


type GroupKind = Literal["elliptic", "ffdhe", "post-quantum"]


@dataclass(frozen=True, slots=True)
class Group:
    """A named group (RFC 8446 section 4.2.7, RFC 8422 section 5.1.1). ``bits`` is the size of its field or modulus.

    ``is_tls13``: it may be negotiated in TLS 1.3, ``is_older``: below.
    """

    code: int
    name: str
    kind: GroupKind
    bits: int
    is_tls13: bool = False
    is_older: bool = True

    @property
    def is_weak(self) -> bool:
        """A curve of under 224 bits (RFC 9325 section 4.5)."""
        return self.kind == "elliptic" and self.bits < 224


def _curves(first: int, *named: tuple[str, int]) -> tuple[Group, ...]:
    return tuple(Group(first + place, name, "elliptic", bits) for place, (name, bits) in enumerate(named))


_GROUPS = (
    *_curves(
        1,
        *(("sect163k1", 163), ("sect163r1", 163), ("sect163r2", 163), ("sect193r1", 193), ("sect193r2", 193)),
        *(("sect233k1", 233), ("sect233r1", 233), ("sect239k1", 239), ("sect283k1", 283), ("sect283r1", 283)),
        *(("sect409k1", 409), ("sect409r1", 409), ("sect571k1", 571), ("sect571r1", 571)),
        *(("secp160k1", 160), ("secp160r1", 160), ("secp160r2", 160), ("secp192k1", 192), ("secp192r1", 192)),
        *(("secp224k1", 224), ("secp224r1", 224), ("secp256k1", 256)),
    ),
    *(
        Group(23 + place, f"secp{bits}r1", "elliptic", bits, is_tls13=True)
        for place, bits in enumerate((256, 384, 521))
    ),
    *_curves(26, *((f"brainpoolP{bits}r1", bits) for bits in (256, 384, 512))),
    Group(29, "x25519", "elliptic", 255, is_tls13=True),
    Group(30, "x448", "elliptic", 448, is_tls13=True),
    *(
        Group(31 + place, f"brainpoolP{bits}r1tls13", "elliptic", bits, is_tls13=True, is_older=False)
        for place, bits in enumerate((256, 384, 512))
    ),
    *(  # GOST (RFC 9189, RFC 9367)
        Group(34 + place, f"GC{name}", "elliptic", int(name[:3]), is_tls13=True)
        for place, name in enumerate(("256A", "256B", "256C", "256D", "512A", "512B", "512C"))
    ),
    Group(41, "curveSM2", "elliptic", 256, is_tls13=True, is_older=False),  # RFC 8998
    *(
        Group(256 + place, f"ffdhe{bits}", "ffdhe", bits, is_tls13=True)
        for place, bits in enumerate((2048, 3072, 4096, 6144, 8192))
    ),
    *(
        Group(code, name, "post-quantum", bits, is_tls13=True, is_older=False)
        for code, name, bits in (
            (0x11EC, "X25519MLKEM768", 768),
            (0x11EB, "SecP256r1MLKEM768", 768),
            (0x11ED, "SecP384r1MLKEM1024", 1024),
            (0x11EE, "curveSM2MLKEM768", 768),
            (0x0200, "MLKEM512", 512),
            (0x0201, "MLKEM768", 768),
            (0x0202, "MLKEM1024", 1024),
            (0x6399, "X25519Kyber768Draft00", 768),
            (0x639A, "SecP256r1Kyber768Draft00", 768),
        )
    ),
)
GROUPS: dict[int, Group] = {group.code: group for group in _GROUPS}
"""By code, in the order of the IANA registry "TLS Supported Groups", post-quantum hybrids last."""
CURVES_OF_KEYS = {f"EC {name}": code for name, code in (("secp256r1", 23), ("secp384r1", 24), ("secp521r1", 25))}
"""The group of a certificate's own key, by how the key is named."""
EXPLICIT_CURVES = {0xFF01: "explicit-prime-curve", 0xFF02: "explicit-char2-curve"}
"""A curve of the server's own making (RFC 4492 section 5.1.1), withdrawn."""


def group_name(code: int) -> str:
    """The IANA name of a group, or its code where IANA lists none."""
    if code in GROUPS:
        return GROUPS[code].name
    return EXPLICIT_CURVES.get(code, f"0x{code:04X}")


@cache
def _groups_by_name() -> dict[str, Group]:
    return {group.name: group for group in _GROUPS}


def group_named(name: str) -> Group | None:
    """The group of this name. Null: IANA lists none."""
    return _groups_by_name().get(name)


SIGNATURE_SCHEMES: dict[int, str] = {
    # IANA registry "TLS SignatureScheme", and the pairs of RFC 5246 section 7.4.1.4.1 in the same spelling
    0x0403: "ecdsa_secp256r1_sha256",
    0x0503: "ecdsa_secp384r1_sha384",
    0x0603: "ecdsa_secp521r1_sha512",
    0x0807: "ed25519",
    0x0808: "ed448",
    0x081A: "ecdsa_brainpoolP256r1tls13_sha256",
    0x081B: "ecdsa_brainpoolP384r1tls13_sha384",
    0x081C: "ecdsa_brainpoolP512r1tls13_sha512",
    0x0804: "rsa_pss_rsae_sha256",
    0x0805: "rsa_pss_rsae_sha384",
    0x0806: "rsa_pss_rsae_sha512",
    0x0809: "rsa_pss_pss_sha256",
    0x080A: "rsa_pss_pss_sha384",
    0x080B: "rsa_pss_pss_sha512",
    0x0401: "rsa_pkcs1_sha256",
    0x0501: "rsa_pkcs1_sha384",
    0x0601: "rsa_pkcs1_sha512",
    0x0904: "mldsa44",
    0x0905: "mldsa65",
    0x0906: "mldsa87",
    0x0303: "ecdsa_sha224",
    0x0301: "rsa_pkcs1_sha224",
    0x0302: "dsa_sha224",
    0x0402: "dsa_sha256",
    0x0502: "dsa_sha384",
    0x0602: "dsa_sha512",
    0x0203: "ecdsa_sha1",
    0x0201: "rsa_pkcs1_sha1",
    0x0202: "dsa_sha1",
    0x0101: "rsa_pkcs1_md5",
}


def signature_scheme_name(code: int) -> str:
    """The IANA name of a signature scheme, or its code where IANA lists none."""
    return SIGNATURE_SCHEMES.get(code, f"0x{code:04X}")


def is_sha1_signature(code: int) -> bool:
    """The hash is MD5 or SHA-1, with which a handshake must not be signed (RFC 9155)."""
    return code >> 8 in (1, 2)
