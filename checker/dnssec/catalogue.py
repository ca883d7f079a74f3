"""What can be said of how a zone is signed (RFC 4033 to 4035, RFC 9276, RFC 9904).

Parameters: ``zone``; ``tags`` and ``algorithms`` of keys, joined for reading; ``when`` is a moment in UTC; ``bits`` and
``iterations`` are numbers; ``why`` is a look-up's own sentence.
"""

from checker.finding import Entry, Severity, Who

_VALIDATION = "RFC 4035 section 5"
_ALGORITHMS = "RFC 9904 section 2"
_HASHED = "RFC 9276 section 3"

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        code="dnssec-zone-unknown",
        severity=Severity.UNKNOWN,
        title="How {names} is signed could not be looked up",
        detail="{why} Whether keys are strong and signatures hold for long is not known. What was asked for mail "
        "itself is told by the answers.",
        who=Who.NOBODY,
        reference=_VALIDATION,
        requirements=("SEC-7",),
    ),
    Entry(
        code="dnssec-ds-without-key",
        severity=Severity.CRITICAL,
        title="The registrar names a key that {zone} doesn't have",
        detail="The DS record above {zone} is for key {tags}, and the zone is not signed with it. Who checks "
        "signatures gets no answer from this zone at all: senders that do keep the mail, and return it after some "
        "days.",
        remedy="Replace the DS record at the registrar by the one that the zone's signer shows now. Until that is "
        "done, remove it: the zone is then unsigned, and mail comes through.",
        who=Who.DNS,
        reference=_VALIDATION,
        requirements=("SEC-7",),
    ),
    Entry(
        code="dnssec-signature-expired",
        severity=Severity.CRITICAL,
        title="The signatures of {zone} have expired",
        detail="They held until {when}. Who checks signatures gets no answer from this zone any more: senders that do "
        "keep the mail, and return it after some days.",
        remedy="Sign the zone anew, and find out why its signer stopped: most often it no longer runs, or the name "
        "servers hold an old copy.",
        who=Who.DNS,
        reference=_VALIDATION,
        requirements=("SEC-7",),
    ),
    Entry(
        code="dnssec-algorithm-broken",
        severity=Severity.SERIOUS,
        title="{zone} is signed with an algorithm that is no longer safe",
        detail="It uses {algorithms}. Such signatures can be forged or are not checked by anybody, so the zone counts "
        "as unsigned.",
        remedy="Change to algorithm 13 (ECDSA P-256): let the signer add the new key, then exchange the DS record at "
        "the registrar, then remove the old key.",
        who=Who.DNS,
        reference=_ALGORITHMS,
        requirements=("SEC-8",),
        group="dns",
        cost=3,
    ),
    Entry(
        code="dnssec-iterations-many",
        severity=Severity.SERIOUS,
        title="{zone} hashes its names too often",
        detail="Its NSEC3 records ask for {iterations} further iterations. Many resolvers do not go along: what "
        "doesn't exist counts as unsigned or fails, and then DANE fails with it.",
        remedy="Set the signer to NSEC3 with 0 iterations and no salt, or to NSEC.",
        who=Who.DNS,
        reference=_HASHED,
        requirements=("SEC-9",),
        group="dns",
        cost=3,
    ),
    Entry(
        code="dnssec-signature-ends-soon",
        severity=Severity.ADVICE,
        title="The signatures of {zone} end soon",
        detail="They hold until {when}, and should have been made anew by now. If that does not happen, who checks "
        "signatures gets no answer from then on.",
        remedy="Check that the zone's signer runs, and that all name servers have its latest copy.",
        who=Who.DNS,
        reference=_VALIDATION,
        requirements=("SEC-10",),
        group="dns",
        cost=2,
    ),
    Entry(
        code="dnssec-nothing-supported",
        severity=Severity.ADVICE,
        title="No resolver can check the signatures of {zone}",
        detail="The DS record is for an algorithm or a digest that resolvers don't know ({algorithms}), so the zone "
        "counts as unsigned.",
        remedy="Sign the zone with algorithm 13 (ECDSA P-256), and publish a DS record with a SHA-256 digest at the "
        "registrar.",
        who=Who.DNS,
        reference=_VALIDATION,
        requirements=("SEC-7", "SEC-8"),
        group="dns",
        cost=1,
    ),
    Entry(
        code="dnssec-algorithm-old",
        severity=Severity.ADVICE,
        title="{zone} is signed with SHA-1",
        detail="It uses {algorithms}. Some resolvers no longer check such signatures: for them the zone is unsigned, "
        "and DANE is off.",
        remedy="Change to algorithm 13 (ECDSA P-256): let the signer add the new key, then exchange the DS record at "
        "the registrar, then remove the old key.",
        who=Who.DNS,
        reference=_ALGORITHMS,
        requirements=("SEC-8",),
        group="dns",
        cost=1,
    ),
    Entry(
        code="dnssec-digest-old",
        severity=Severity.ADVICE,
        title="The DS record of {zone} uses SHA-1",
        detail="Digests of type 1 are no longer to be used: some resolvers pass them over, and then the zone is "
        "unsigned for them.",
        remedy="Publish the DS record with a SHA-256 digest (type 2) at the registrar, and remove the one with type 1.",
        who=Who.DNS,
        reference="RFC 9904 section 3",
        requirements=("SEC-8",),
        group="dns",
        cost=1,
    ),
    Entry(
        code="dnssec-key-short",
        severity=Severity.ADVICE,
        title="A key of {zone} is short",
        detail="An RSA key of {bits} bits signs the zone. 2048 bits are the least today; what DANE pins is as safe as "
        "this key.",
        remedy="Let the signer change to a key of 2048 bits, or to algorithm 13 (ECDSA P-256).",
        who=Who.DNS,
        reference="NIST SP 800-57 part 1",
        requirements=("SEC-10",),
        group="dns",
        cost=1,
    ),
    Entry(
        code="dnssec-iterations",
        severity=Severity.ADVICE,
        title="{zone} hashes its names more than once",
        detail="Its NSEC3 records ask for {iterations} further iterations, which protect nothing. Resolvers may take "
        "the zone as unsigned for that.",
        remedy="Set the signer to NSEC3 with 0 iterations and no salt, or to NSEC.",
        who=Who.DNS,
        reference=_HASHED,
        requirements=("SEC-9",),
        group="dns",
        cost=1,
    ),
    Entry(
        code="dnssec-salt",
        severity=Severity.NOTE,
        title="{zone} salts the hashes of its names",
        detail="A salt protects nothing, and makes each denial longer. The standard advises to leave it out.",
        who=Who.DNS,
        reference=_HASHED,
        requirements=("SEC-9",),
    ),
    Entry(
        code="dnssec-no-ds",
        severity=Severity.NOTE,
        title="{zone} is signed, but nobody can tell",
        detail="The zone has keys, and its parent has no DS record for them, so it counts as unsigned. To switch "
        "DNSSEC on, publish at the registrar the DS record that the zone's signer shows.",
        who=Who.DNS,
        reference="RFC 4035 section 5.2",
        requirements=("SEC-7",),
    ),
)
