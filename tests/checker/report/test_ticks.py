"""The tick list of a server: false beats null beats true, over the addresses that work."""

from typing import Any

import pytest

from checker.report.ticks import Tick, ticks
from tests.report_parts import LEAF, OTHER_LEAF, certificate, endpoint, report, server, stopped, tls

HOST = "mx.example"
NAMES = ("works", "STARTTLS", "TLS 1.2 or newer", "in date", "name matches", "trusted")
GOOD = endpoint("192.0.2.1")
UNREACHED = "-"  # in the tables: not reached


def ticked(*endpoints: dict[str, Any], leaf: dict[str, Any] | None = None, **changes: Any) -> list[bool | str | None]:
    """The six marks of a server."""
    shown = server(HOST, *endpoints, **changes)
    if changes.get("endpoints") == []:
        shown["endpoints"] = []
    known = {LEAF: certificate(HOST, **(leaf or {}))}
    whole = report("a.example", None, servers=[shown], certificates=known)
    found = ticks(whole["servers"][0], whole)
    assert tuple(tick.name for tick in found) == NAMES
    return [tick.is_met if tick.was_reached else UNREACHED for tick in found]


DEAD = stopped("192.0.2.2", "timeout", "connect")
PLAIN = stopped("192.0.2.3", "no-starttls", "ehlo")
UNSEEN = stopped("192.0.2.4", "not-tried", None)
NO_IPV6 = stopped("2001:db8::1", "no-address-family", None)
BLOCKED = stopped("10.0.0.1", "blocked-address", None)
LOST_IN_TLS = stopped("192.0.2.5", "not-tried", "handshake")

NO_TLS = [True, False, *[UNREACHED] * 4]
NOT_WORKING = [False, *[UNREACHED] * 5]
UNKNOWN = [None] * 6


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        pytest.param([GOOD], [True] * 6, id="all well"),
        pytest.param([GOOD, DEAD], [True] * 6, id="a dead address beside one that works"),
        pytest.param([DEAD], NOT_WORKING, id="dead"),
        pytest.param([PLAIN], NO_TLS, id="no STARTTLS"),
        pytest.param([GOOD, PLAIN], [True, False, True, True, True, True], id="STARTTLS on one of two"),
        pytest.param([UNSEEN], UNKNOWN, id="nothing seen is no verdict"),
        pytest.param([DEAD, UNSEEN], UNKNOWN, id="the unseen address may work"),
        pytest.param([DEAD, NO_IPV6], NOT_WORKING, id="a family that we lack is left out"),
        pytest.param([DEAD, BLOCKED], NOT_WORKING, id="so is an address that may not be dialled"),
        pytest.param([NO_IPV6], UNKNOWN, id="unless there is nothing else"),
        pytest.param([LOST_IN_TLS], [True, None, None, None, None, None], id="our fault in the handshake"),
        pytest.param(
            [stopped("192.0.2.6", "starttls-refused", "starttls")], NO_TLS, id="STARTTLS refused"
        ),
        pytest.param(
            [stopped("192.0.2.6", "ehlo-refused", "ehlo")], NOT_WORKING, id="EHLO refused"
        ),
        pytest.param(
            [endpoint(outcome="ehlo-refused", stage="ehlo-tls")], [True] * 6, id="TLS was up when EHLO was refused"
        ),
        pytest.param(
            [endpoint(tls=tls("TLSv1.1"))], [True, True, False, True, True, True], id="an old version chosen"
        ),
        pytest.param([endpoint(certificates=[])], [True, True, True, False, False, False], id="no certificate sent"),
        pytest.param(
            [endpoint(certificates=[OTHER_LEAF])], [True, True, True, None, None, None], id="certificate not kept"
        ),
    ],
)  # fmt: skip
def test_addresses(endpoints: list[dict[str, Any]], expected: list[bool | str | None]) -> None:
    """What the addresses of one server amount to."""
    assert ticked(*endpoints) == expected


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        pytest.param({"in_dates": False}, [False, True, True], id="expired"),
        pytest.param({"name_match": {HOST: False}}, [True, False, True], id="wrong name"),
        pytest.param({"name_match": {}}, [True, None, True], id="not shown for this host"),
        pytest.param({"trusted": False}, [True, True, False], id="untrusted"),
        pytest.param({"trusted": None, "error": "The certificate cannot be read."}, [False] * 3, id="unreadable"),
    ],
)
def test_certificates(leaf: dict[str, Any], expected: list[bool | None]) -> None:
    """Dates, name and trust are three questions."""
    assert ticked(GOOD, leaf=leaf)[3:] == expected


@pytest.mark.parametrize(
    ("status", "expected"), [("none", NOT_WORKING), ("nxdomain", NOT_WORKING), ("failed", UNKNOWN), (None, UNKNOWN)]
)
def test_without_addresses(status: str | None, expected: list[bool | str | None]) -> None:
    """No address is a fault; a failed look-up is not."""
    assert ticked(endpoints=[], address_status=status) == expected


def test_a_tick_is_plain() -> None:
    """Reached unless said otherwise."""
    assert Tick("works", None).was_reached
