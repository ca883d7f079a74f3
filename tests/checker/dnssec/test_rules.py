"""What follows from how a zone is signed."""

from datetime import UTC, datetime, timedelta

import pytest

from checker.dnssec.facts import ZoneFacts
from checker.dnssec.rules import RULES, JudgedZone
from checker.names import DomainName
from checker.network.zone_signing import DsRecord, Nsec3, ZoneKey, ZoneSigning
from checker.observation import Failed, FailureKind, NotTried, Observation, Reason, Seen

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ZONE = DomainName("d.test")
DAY = timedelta(days=1)
GOOD_DS, GOOD_KEY = DsRecord(1, 13, 2, True), ZoneKey(1, 13)


def codes(signing: Observation[ZoneSigning]) -> list[str]:
    zone = JudgedZone(ZoneFacts(names=(ZONE,), signing=signing), NOW)
    return [finding.code for rule in RULES for finding in rule(zone)]


def signed(
    ds: tuple[DsRecord, ...] = (GOOD_DS,),
    keys: tuple[ZoneKey, ...] = (GOOD_KEY,),
    nsec3: Nsec3 | None = None,
    begins: timedelta = -10 * DAY,
    ends: timedelta = 20 * DAY,
) -> ZoneSigning:
    return ZoneSigning(zone=ZONE, ds=ds, keys=keys, nsec3=nsec3, signed_since=NOW + begins, signed_until=NOW + ends)


@pytest.mark.parametrize(
    ("signing", "want"),
    [
        pytest.param(signed(), [], id="well signed"),
        pytest.param(ZoneSigning(zone=ZONE), [], id="not signed at all"),
        pytest.param(signed(ds=()), ["dnssec-no-ds"], id="keys that nobody vouches for"),
        pytest.param(
            signed(ds=(), keys=(ZoneKey(1, 7, 1024),), nsec3=Nsec3(500, 8), begins=-9 * DAY, ends=-DAY),
            ["dnssec-no-ds"],
            id="keys that nobody vouches for, old and short, with signatures that are over: nobody looks at them",
        ),
        pytest.param(
            signed(ds=(DsRecord(1, 99, 2, True),), ends=-DAY), ["dnssec-nothing-supported"], id="unknown, and over"
        ),
        pytest.param(signed(ds=(DsRecord(2, 13, 2, False),)), ["dnssec-ds-without-key"], id="another key's DS"),
        pytest.param(signed(keys=()), [], id="a matching DS is enough"),
        pytest.param(
            ZoneSigning(zone=ZONE, ds=(DsRecord(2, 13, 2, False),)), ["dnssec-ds-without-key"], id="a DS and no keys"
        ),
        pytest.param(signed(ds=(GOOD_DS, DsRecord(2, 13, 2, False))), [], id="one in advance"),
        pytest.param(signed(ds=(DsRecord(1, 99, 2, True),)), ["dnssec-nothing-supported"], id="unknown algorithm"),
        pytest.param(signed(ds=(DsRecord(1, 13, 77, True),)), ["dnssec-nothing-supported"], id="unknown digest"),
        pytest.param(
            signed(ds=(DsRecord(1, 13, 77, True), DsRecord(2, 13, 2, False))),
            ["dnssec-ds-without-key"],
            id="only the unknown one fits",
        ),
        pytest.param(signed(ds=(DsRecord(1, 13, 1, True),)), ["dnssec-digest-old"], id="SHA-1 digest"),
        pytest.param(signed(ds=(DsRecord(1, 13, 1, True), GOOD_DS)), [], id="SHA-1 digest beside a good one"),
        pytest.param(signed(keys=(ZoneKey(1, 8, 2048),)), [], id="RSA of 2048 bits"),
        pytest.param(signed(keys=(ZoneKey(1, 8, 2048), ZoneKey(2, 8, 1024))), ["dnssec-key-short"], id="1024 bits"),
        pytest.param(signed(keys=(ZoneKey(1, 7, 2048),)), ["dnssec-algorithm-old"], id="RSA/SHA-1"),
        pytest.param(
            signed(ds=(DsRecord(1, 3, 2, True),), keys=(ZoneKey(1, 3),)),
            ["dnssec-nothing-supported", "dnssec-algorithm-broken"],
            id="DSA",
        ),
        pytest.param(signed(nsec3=Nsec3(0, 0)), [], id="hashed as advised"),
        pytest.param(signed(nsec3=Nsec3(0, 8)), ["dnssec-salt"], id="salted"),
        pytest.param(signed(nsec3=Nsec3(1, 8)), ["dnssec-iterations"], id="one more iteration"),
        pytest.param(signed(nsec3=Nsec3(100, 0)), ["dnssec-iterations"], id="100"),
        pytest.param(signed(nsec3=Nsec3(101, 0)), ["dnssec-iterations-many"], id="101"),
        pytest.param(signed(ends=3 * DAY), [], id="three days left"),
        pytest.param(signed(ends=3 * DAY - timedelta(seconds=1)), ["dnssec-signature-ends-soon"], id="less"),
        pytest.param(signed(begins=-DAY, ends=DAY), [], id="signed anew every day"),
        pytest.param(signed(ends=timedelta()), ["dnssec-signature-expired"], id="over"),
        pytest.param(signed(begins=-2 * DAY, ends=-DAY), ["dnssec-signature-expired"], id="over, a short one"),
    ],
)
def test_findings(signing: ZoneSigning, want: list[str]) -> None:
    assert codes(Seen(signing)) == want


def test_what_was_not_seen() -> None:
    """A failure is told as one; what nobody asked for is not spoken of."""
    assert codes(Failed(FailureKind.RESOLVER_TIMEOUT, "Silence.")) == ["dnssec-zone-unknown"]
    assert codes(NotTried(Reason.PENDING)) == []
