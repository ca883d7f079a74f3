"""The PolicyClient port over HTTPS."""

from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.ports import Clock, Dialer, PolicyAnswer


class HttpsPolicyClient:
    """Fetches the policy file of one address with httpx, over streams of ``dialer``."""

    def __init__(self, dialer: Dialer, clock: Clock, bounds: Bounds) -> None:
        self._dialer, self._clock, self._bounds = dialer, clock, bounds

    async def fetch(self, host: DomainName, address: IPAddress) -> PolicyAnswer:
        """GET https://<host>/.well-known/mta-sts.txt from this very address. Never raises."""
        raise NotImplementedError
