"""Certificates as mail senders judge them (RFC 5280, RFC 8461 section 4.2, RFC 9525).

A server sends its own certificate first, then each issuer. A sender that checks wants three things apart: the
dates, a path to a root it trusts built only from what was sent (nothing is fetched), and a dNSName that is the
MX host name, ``*`` standing for one whole left-most label. Common names don't count.
"""
