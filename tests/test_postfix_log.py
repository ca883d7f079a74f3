"""Reading Postfix's log: lines as Postfix 3.7 wrote them, for the tests that compare them with the simulation."""

from tests.real.postfix_log import Attempt, attempts

LOG = """\
Nov 30 00:49:39 sender postfix/qmgr[28]: C5FB920E99F: from=<>, size=266, nrcpt=180 (queue active)
Nov 30 00:49:39 sender postfix/may/smtp[90]: connect to mx-dead.deliver.test[127.0.30.107]:25: Connection refused
Nov 30 00:49:39 sender postfix/may/smtp[90]: Trusted TLS connection established to mx-a.test[127.0.30.1]:25: TLSv1.3
Nov 30 00:49:39 sender postfix/dane/smtp[91]: Verified TLS connection established to mx-b.test[127.0.30.2]:25: TLSv1.3
Nov 30 00:49:39 sender postfix/may/smtp[90]: C5: to=<may@a.test>, relay=mx-a.test[127.0.30.1]:25, delay=1, \
delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 5B3FD2183C3)
Nov 30 00:49:40 sender postfix/may/smtp[90]: C5: to=<may@b.test>, relay=mx-a.test[127.0.30.1]:25, delay=1, \
delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 5B3FD2183C4)
Nov 30 00:49:41 sender postfix/dane/smtp[91]: Untrusted TLS connection established to mx-c.test[127.0.30.3]:25: TLSv1.3
Nov 30 00:49:41 sender postfix/dane/smtp[91]: C5: to=<dane@b.test>, relay=mx-c.test[127.0.30.3]:25, delay=1.1, \
delays=1/0.05/0.05/0, dsn=4.7.5, status=deferred (Server certificate not verified)
Nov 30 00:49:43 sender postfix/dane/smtp[91]: C5: to=<dane@b.test>, relay=none, delay=3.1, \
delays=1/0.05/0.05/0, dsn=4.4.3, status=deferred (Host not found, try again)
"""

SENT = Attempt(status="sent", dsn="2.0.0", relay="mx-a.test", said="250 2.0.0 Ok: queued as 5B3FD2183C3", tls="Trusted")


def test_attempts_are_read_by_recipient() -> None:
    """TLS counts for the mail that its process ends next, at that server: not for the one after it, in clear text."""
    found = attempts(LOG.splitlines())
    assert set(found) == {"may@a.test", "may@b.test", "dane@b.test"}
    assert found["may@a.test"] == [SENT]
    assert [each.tls for each in found["may@b.test"]] == [None]


def test_every_attempt_is_kept_in_order() -> None:
    """A mail that waits has several; without any server there is no relay, and earlier TLS does not count."""
    first, second = attempts(LOG.splitlines())["dane@b.test"]
    assert (first.status, first.dsn, first.relay, first.tls) == ("deferred", "4.7.5", "mx-c.test", "Untrusted")
    assert (second.dsn, second.relay, second.tls) == ("4.4.3", None, None)
    assert second.said == "Host not found, try again"
