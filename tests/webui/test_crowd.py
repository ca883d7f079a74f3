"""How many may wait or listen at once, in all and of one client."""

from contextlib import ExitStack
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from webui.crowd import Crowd

TOKEN = "a-token-of-twenty-characters"


def of(client: str, authorization: str = "") -> Any:
    return {"client": (client, 1), "headers": [(b"authorization", authorization.encode())]}


@pytest.fixture
def places() -> ExitStack:
    return ExitStack()


def test_a_client_gets_so_many_and_others_go_on(places: ExitStack) -> None:
    """A /64 of IPv6 is one client; who leaves makes room."""
    crowd = Crowd(most=10, most_of_one=2)
    with places:
        taken = [places.enter_context(crowd.place(of(f"2001:db8::{number}"))) for number in range(3)]
        assert taken == [True, True, False]
        assert places.enter_context(crowd.place(of("2001:db8:0:1::1")))
        assert places.enter_context(crowd.place(of("192.0.2.1")))
    with crowd.place(of("2001:db8::9")) as has_room:
        assert has_room


def test_there_is_room_for_so_many_in_all(places: ExitStack, settings: Settings) -> None:
    """Trusted clients too."""
    settings.MAILSEAL_TRUSTED_TOKENS = (TOKEN,)
    crowd = Crowd(most=3, most_of_one=1)
    with places:
        askers = [of("192.0.2.1", f"Bearer {TOKEN}")] * 2 + [of("192.0.2.1"), of("192.0.2.1"), of("192.0.2.2")]
        assert [places.enter_context(crowd.place(asker)) for asker in askers] == [True, True, True, False, False]
        assert not places.enter_context(crowd.place(of("192.0.2.3", f"Bearer {TOKEN}")))
