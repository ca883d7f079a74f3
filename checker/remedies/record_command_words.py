"""Which command shows which finding about TLSA and CAA records, and what to look for.

The one rule of this file: a sentence names what the program prints, as it prints it, or says what is missing there.
"""

from checker.remedies.command_kinds import (
    CAA,
    DANE_TLS,
    KEY_DIGEST,
    MX_SIGNED,
    NO_NAME,
    TLSA,
    TLSA_UNCHECKED,
    Group,
    group,
)

_EACH = "Behind “TLSA” stand usage, selector, matching type and data of each record"
_NO_MATCH = "Near the end it says “Verify return code: 65 (no matching DANE TLSA records)”."
_SHOWN = "It prints the digest of the key that the server shows, as a 3 1 1 record has to hold it."
_SIGNED = "The line “flags:” holds “ad” where the resolver has checked the signatures."
_CAA = "Each CAA line is flags, a tag and a value in quotes"
_CLIMB = "without any, ask for the name without its first part"

_MATCHED = (
    "dane-matches",
    "dane-no-match",
    "dane-expired",
    "dane-not-yet-valid",
    "dane-wrong-name",
    "dane-not-trusted",
    "dane-other-key-fails",
    "dane-kind-unmatched",
    "dane-without-tls",
)

GROUPS: tuple[Group, ...] = (
    group(
        DANE_TLS,
        {
            "dane-matches": "It says “Verification: OK”, and which record matched.",
            "dane-no-match": _NO_MATCH,
            "dane-expired": "Near the end it says “Verify return code: 10 (certificate has expired)”.",
            "dane-not-yet-valid": "Near the end it says “Verify return code: 9 (certificate is not yet valid)”.",
            "dane-wrong-name": "Near the end it says “Verify return code: 62 (hostname mismatch)”.",
            "dane-not-trusted": "“Verify return code” near the end is not 0.",
            "dane-other-key-fails": "Compare what it prints with “-sigalgs RSA-PSS+SHA256” and “-sigalgs "
            "ECDSA+SHA256”.",
            "dane-kind-unmatched": "It names the one record that matched; the other kinds fit nothing.",
            "dane-without-tls": "It ends with an error before TLS begins, or says “Cipher is (NONE)”.",
        },
    ),
    group(
        TLSA,
        {
            "dane-look-up-fails": "From a resolver that checks signatures it says “status: SERVFAIL”, or nothing "
            "comes.",
            "dane-look-up-fails-unasked": "It says “status: SERVFAIL”, or no answer comes.",
            "dane-without-dnssec": "There are TLSA lines, and the line “flags:” holds no “ad”: nobody has signed them.",
            "dane-none-usable": f"{_EACH}; mail needs usage 2 or 3.",
            "dane-record-unusable": f"{_EACH}; a SHA-256 digest has 64 characters, a SHA-512 digest 128.",
            "dane-usage-not-for-mail": f"{_EACH}; those with usage 0 or 1 are not for mail.",
            "dane-whole-certificate": f"{_EACH}; 3 0 stands for the whole certificate, 3 1 for the key.",
            "dane-issuer-by-key": f"{_EACH}; 2 1 stands for an issuer's key.",
            "dane-full-data": f"{_EACH}; matching type 0 is followed by all the data.",
            "dane-sha512-only": f"{_EACH}; matching type 2 is SHA-512.",
            "dane-digests-differ": f"{_EACH}; matching type 1 is SHA-256 and 2 is SHA-512.",
            "dane-single-key": f"{_EACH}; there is one for the server's key, and none beside it.",
            "dane-rollover-prepared": f"{_EACH}.",
            "dane-ttl-long": "The number in front of “IN TLSA” is the TTL in seconds.",
            "dane-answer-large": f"{_EACH}.",
            "dane-at-alias": f"{_EACH}. “dig” with the server's own name shows the alias.",
            "dane-partial": "It says “ANSWER: 0”: there is no TLSA record, or the line “flags:” holds no “ad”.",
            "dane-possible": "It says “ANSWER: 0”, and “ad” in the line “flags:”: that there is none is signed.",
            "dane-shared-key": f"{_EACH}; the same stands at the other server.",
            "dane-not-seen": f"{_EACH}. {_SIGNED}",
            **dict.fromkeys(_MATCHED, f"{_EACH}."),
        },
    ),
    group(TLSA_UNCHECKED, {"dane-look-up-fails": "Without the check (“+cd”) an answer may come all the same."}),
    group(KEY_DIGEST, dict.fromkeys(("dane-no-match", "dane-possible", "dane-single-key", "dane-none-usable"), _SHOWN)),
    group(
        NO_NAME,
        {"dane-default-certificate": "Another certificate comes than with “-servername” and the server's name."},
    ),
    group(MX_SIGNED, {"dane-mx-unsigned": "The line “flags:” holds no “ad”: the MX records are not signed."}),
    group(
        CAA,
        {
            "caa-restricted": f"{_CAA}; {_CLIMB}.",
            "caa-unrestricted": f"No CAA line comes; {_CLIMB}, up to the top.",
            "caa-excludes-issuer": f"{_CAA}; {_CLIMB}. The authority in use is not among them.",
            "caa-malformed": f"{_CAA}; {_CLIMB}. Behind “issue” a domain name must stand, or a semicolon.",
            "caa-unknown-critical": f"{_CAA}; {_CLIMB}. Flags of 128 and a tag that nobody knows stand together.",
            "caa-look-up-fails": "From a resolver that checks signatures it says “status: SERVFAIL”, or nothing comes.",
        },
    ),
)
