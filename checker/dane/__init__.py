"""DANE for SMTP (RFC 7672): TLSA records, signed by DNSSEC, say which key or certificate a mail server shows.

A sender looks up ``_25._tcp.<server>`` only where MX record and addresses are secure (section 2.2). Usable records: it
delivers over TLS to a server whose chain matches one, or not at all. Records that are all unusable still ask for TLS.
A look-up that fails makes the server unusable; only a secure "no", or an insecure answer, means "no DANE".
"""
