"""Completes a handshake over the stream port and says what it settled (RFC 8446, RFC 5246).

The one rule of this file: nothing is verified here. Who calls decides what to offer, and what a failure means.
"""

import hashlib

from checker.certificates.facts import chain_id
from checker.names import DomainName
from checker.network.ports import Stream, StreamFailure, TlsOffer
from checker.observation import Failed, Seen
from checker.tls.facts import Handshake
from checker.tls.registry import shows_a_nist_suite, suite_name


async def shake_hands(
    stream: Stream, host: DomainName, offer: TlsOffer, timeout: float
) -> tuple[Seen[Handshake] | Failed, tuple[bytes, ...]]:
    """The handshake within ``timeout`` seconds, with ``host`` as SNI, and the chain as sent (DER, the leaf first)."""
    try:
        session = await stream.start_tls(offer, host, timeout)
    except StreamFailure as failure:
        return failure.failed, ()
    handshake = Handshake(
        version=session.version,
        suite=suite_name(session.suite),
        nist=shows_a_nist_suite(session.suite, session.version),
        certificate=hashlib.sha256(session.chain[0]).hexdigest() if session.chain else None,
        chain=chain_id(session.chain) if session.chain else None,
    )
    return Seen(handshake), session.chain
