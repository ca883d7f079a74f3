"""Which command shows which finding about DNSSEC, and what to look for.

The one rule of this file: a sentence names what the program prints, as it prints it, or says what is missing there.
"""

from checker.remedies.command_kinds import (
    DENIAL_PARAMETERS,
    MX_SIGNED,
    RECORD,
    ZONE_KEYS,
    ZONE_PARENT,
    ZONE_SIGNATURE,
    Group,
    group,
)

_AD = "among the flags of the answer from a resolver that checks signatures"
_ITERATIONS = "The third number is that of the iterations, and what stands behind it the salt."

GROUPS: tuple[Group, ...] = (
    group(
        MX_SIGNED,
        {
            "dnssec-not-seen": f"“ad” {_AD} says that the MX records are signed.",
            "dnssec-unsigned": f"“ad” is not {_AD}.",
            "dnssec-servers-unsigned": f"“ad” {_AD} says that the MX records are signed; ask for the servers likewise.",
            "dnssec-signed": f"“ad” stands {_AD}.",
        },
    ),
    group(RECORD, {"dnssec-policy-bogus": "From a resolver that checks signatures it says “status: SERVFAIL”."}),
    group(
        ZONE_PARENT,
        {
            "dnssec-ds-without-key": "The first number of each DS line is the tag of a key.",
            "dnssec-no-ds": "There is no DS line.",
            "dnssec-nothing-supported": "The second number of each DS line is the algorithm, the third the digest.",
            "dnssec-digest-old": "The third number of each DS line is the kind of digest: 1 is SHA-1.",
        },
    ),
    group(
        ZONE_KEYS,
        {
            "dnssec-ds-without-key": "No “key id” is one of the tags in the DS lines.",
            "dnssec-no-ds": "There are DNSKEY lines.",
            "dnssec-algorithm-broken": "The third number of a DNSKEY line is the algorithm.",
            "dnssec-algorithm-old": "The third number of a DNSKEY line is the algorithm: 5 and 7 use SHA-1.",
            "dnssec-key-short": "Behind each key stands “alg = RSA…”; a key of 1024 bits takes some 170 characters.",
        },
    ),
    group(
        ZONE_SIGNATURE,
        {
            "dnssec-zone-unknown": "No answer comes, or it says “status: SERVFAIL”.",
            "dnssec-signature-expired": "In the RRSIG line the first long number is when the signature ends.",
            "dnssec-signature-ends-soon": "In the RRSIG line the first long number is when the signature ends.",
        },
    ),
    group(
        DENIAL_PARAMETERS,
        {
            "dnssec-iterations-many": _ITERATIONS,
            "dnssec-iterations": _ITERATIONS,
            "dnssec-salt": _ITERATIONS,
        },
    ),
)
