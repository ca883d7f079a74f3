"""TLS reporting (RFC 8460): a domain asks senders to tell it each day how TLS to its mail servers went.

A TXT record at ``_smtp._tls.<domain>`` names where the reports go, by mail or HTTPS. Only the record is looked at:
nothing is sent to, or asked of, the addresses in it.
"""
