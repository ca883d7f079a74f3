"""The Mailseal engine: will mail to a domain travel encrypted, to the right server, and arrive?

Data flows one way: ``gather`` observes a domain through the ports of ``network`` and yields frozen
``DomainFacts``; ``assessment`` derives a verdict from facts alone; ``report`` writes the public document.
No framework, no globals, no clock of its own. ``docs/architecture.md`` is the map.
"""

__version__ = "0.1.0"
