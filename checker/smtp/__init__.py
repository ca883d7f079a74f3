"""The SMTP dialogue up to STARTTLS and again inside it (RFC 5321, RFC 3207).

The server speaks first. ``EHLO`` lists what it can do, a keyword a line; ``STARTTLS`` is answered by 220 and
then TLS begins at once, with everything that was said before forgotten: no second greeting, ``EHLO`` again.
Only the code of a reply decides. No mail transaction is ever begun; ``QUIT`` ends it.
"""
