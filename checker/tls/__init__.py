"""TLS as a mail server speaks it (RFC 8446, RFC 5246, RFC 9325, NIST SP 800-52).

The client offers versions and suites in its hello, the server picks, and sends its certificates. A refusal is
an alert. Here nothing is verified while connecting: version, suite and chain are facts, and whether they are
good enough is a judgement that others make on them. SNI is the MX host name without a trailing dot.
"""
