"""DNSSEC as mail sees it (RFC 4035): may an answer be believed, and does a name that lacks something prove it?

Each answer is secure, insecure (a signed parent says that the zone isn't signed) or bogus (its signatures fail, so
validating resolvers give SERVFAIL). Who has no validating resolver of its own can tell none of the three.
"""
