"""Is there a path from a chain as sent to a trusted root?"""


class TrustedRoots:
    """The certificates that senders trust."""
