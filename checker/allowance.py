"""How many connections one scan may open, whatever the number of servers.

The one rule of this file: what every address needs first, its handshake, is kept back, so that no server goes unseen
because another was asked many questions.
"""

HANDSHAKE_CONNECTIONS = 2  # that an address may need before any question: with the NIST suites, then with every suite


class Allowance:
    """``connections`` in all. An address that waits for its handshake has a part kept back for it."""

    def __init__(self, connections: int) -> None:
        self._left = connections
        self._waiting = 0

    @property
    def has_spare(self) -> bool:
        """May a question be asked now?"""
        return self._left > HANDSHAKE_CONNECTIONS * self._waiting

    def await_handshakes(self, addresses: int) -> None:
        """So many addresses have yet to be visited; less than 0 when one has been."""
        self._waiting += addresses

    def spend(self) -> None:
        """One connection is opened."""
        self._left -= 1
