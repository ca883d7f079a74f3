"""A network that has nothing but a resolver: a probe that touched anything else would fail."""

from typing import Any

from checker.network.ports import Network, Resolver


def network_over(resolver: Resolver) -> Network:
    missing: Any = None
    return Network(
        resolver=resolver,
        dialer=missing,
        policy_client=missing,
        courtesy=missing,
        memory=missing,
        clock=missing,
        roots=missing,
        helo_name="probe.test",
    )
