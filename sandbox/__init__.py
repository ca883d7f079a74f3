"""A mail internet in a box: DNS, mail servers with real TLS, an authority and the demo domains.

The product, the tests and the benchmarks use the same one. It answers the engine's ports, so everything above
them is the real thing.
"""

from sandbox.box import Sandbox, running

__all__ = ["Sandbox", "running"]
