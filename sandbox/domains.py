"""The demo domains, as data: what each publishes in DNS, what its servers show, and the verdict that follows.

They stand in the order of the home page, group by group.
"""

from typing import get_args

from sandbox.demo import ZONE, DemoDomain, DemoServer, Group
from sandbox.demo_dane import DANE
from sandbox.demo_policies import POLICIES
from sandbox.demo_policy_faults import POLICY_FAULTS
from sandbox.demo_servers import CONTROL, SERVERS

__all__ = ["CONTROL", "DEMO_DOMAINS", "ZONE", "DemoDomain", "DemoServer"]

_GROUPS: tuple[Group, ...] = get_args(Group.__value__)

DEMO_DOMAINS: tuple[DemoDomain, ...] = tuple(
    sorted((*SERVERS, *DANE, *POLICIES, *POLICY_FAULTS), key=lambda domain: _GROUPS.index(domain.group))
)
