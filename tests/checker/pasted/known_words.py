"""What senders really print, each known text in every way that it is said, set into a log or a bounce of its software.

All speak of a mail from ``alice@sender.example`` to ``bob@example.org``, at ``mx1.example.org`` (192.0.2.25).
"""

from dataclasses import dataclass

DOMAIN, SERVER, ADDRESS = "example.org", "mx1.example.org", "192.0.2.25"
_AT = f"{SERVER}[{ADDRESS}]"


def postfix(words: str, dsn: str = "4.7.5") -> str:
    """A mail that waits in Postfix's queue."""
    return (
        f"Nov 29 10:00:01 out postfix/smtp[2711]: 4Zk1T93vLzz9s: to=<bob@example.org>, relay={_AT}:25, delay=2.1, "
        f"delays=0.1/0.01/1.9/0, dsn={dsn}, status=deferred ({words})"
    )


def _bounced(words: str, dsn: str) -> str:
    """A mail for which Postfix found no server."""
    return (
        "Nov 29 10:00:01 out postfix/smtp[2711]: 4Zk1T93vLzz9s: to=<bob@example.org>, relay=none, delay=0.1, "
        f"delays=0.1/0.01/0/0, dsn={dsn}, status=bounced ({words})"
    )


def _no_name(name: str, said: str) -> str:
    return f"Host or domain name not found. Name service error for name={name} type={said}"


def postfix_warning(words: str) -> str:
    """What Postfix logs beside it, with the line of the mail."""
    return (
        f"Nov 29 10:00:01 out postfix/smtp[2711]: {words}\n"
        "Nov 29 10:00:01 out postfix/smtp[2711]: 4Zk1T93vLzz9s: to=<bob@example.org>, relay=none, delay=2.1, "
        "delays=0.1/0.01/1.9/0, dsn=4.7.5, status=deferred (see above)"
    )


def postfix_plugin(words: str) -> str:
    """What a plug-in for policies logs, with the line of the mail."""
    return f"Nov 29 10:00:01 out mta-sts-daemon[901]: WARNING STS: {words}\n{postfix('delivery temporarily suspended')}"


def exchange(words: str, code: str) -> str:
    """The end of what Exchange Online sends, for administrators."""
    return (
        "Your message to bob@example.org couldn't be delivered.\n\n"
        "Diagnostic information for administrators:\n"
        "Generating server: DB9PR01MB7321.eurprd01.prod.exchangelabs.com\n"
        "Total retry attempts: 49\n\n"
        "bob@example.org\n29/11/2026 10:00:01 - Server at DB9PR01MB7321.eurprd01.prod.exchangelabs.com returned "
        f"'550 {code.replace('4', '5', 1)} Message expired -> {code} {words} "
        f"[LastAttemptedServerName={SERVER}] [LastAttemptedIP={ADDRESS}:25] [DB5EUR01FT087.eop-EUR01.prod."
        "protection.outlook.com 2026-11-29T09:59:58.000Z 08DE2D1C9A]'\n"
    )


def gmail(words: str) -> str:
    """What Gmail sends."""
    return (
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nTo: alice@sender.example\n"
        "Subject: Delivery Status Notification (Delay)\n\n** Delivery incomplete **\n\n"
        "There was a temporary problem delivering your message to bob@example.org. Gmail will retry for 45 more "
        f"hours. You'll be notified if the delivery fails permanently.\n\nThe response was:\n\n{words}\n"
    )


def exim(words: str) -> str:
    """A mail that waits in Exim's queue."""
    return (
        f"2026-11-29 10:00:01 1rABcd-000Xyz-1K == bob@example.org R=dnslookup T=remote_smtp defer (-38) H={SERVER} "
        f"[{ADDRESS}]: {words}"
    )


def exim_log(words: str) -> str:
    """What Exim logs beside it."""
    return f"2026-11-29 10:00:01 1rABcd-000Xyz-1K {words}\n{exim('defer')}"


def stalwart(words: str) -> str:
    """A bounce of Stalwart's."""
    return (
        "Subject: Warning: Delivery Status Notification\nFrom: Mail Delivery Subsystem "
        "<MAILER-DAEMON@out.sender.example>\nTo: alice@sender.example\nX-Mailer: Stalwart\n\n"
        f"There was a temporary problem delivering your message to the following recipients:\n\n"
        f"<bob@example.org> (delivered to '{SERVER}' with error {words})\n"
    )


def mox(words: str) -> str:
    """A line of mox's log."""
    return (
        'l=info m="delivery attempt" pkg=queue cid=19f recipient=bob@example.org from=alice@sender.example '
        f'err="{words}" mx={SERVER} remoteip={ADDRESS}'
    )


def kumomta(words: str) -> str:
    """A record of KumoMTA's log."""
    return (
        '{"type":"TransientFailure","id":"a1","sender":"alice@sender.example","recipient":"bob@example.org",'
        f'"queue":"example.org","response":{{"code":400,"content":"KumoMTA internal: {words}"}}}}'
    )


def maddy(words: str) -> str:
    """A line of maddy's log."""
    return (
        f'maddy[77]: queue: delivery attempt failed {{"rcpt":"bob@example.org","reason":"{words}","smtp_code":451,'
        f'"smtp_enchcode":"4.7.1","remote_server":"{SERVER}","mx":"{SERVER}"}}'
    )


def plain(words: str) -> str:
    """A piece of any bounce."""
    return f"<bob@example.org>: {words}"


def tls_report(organisation: str, result: str) -> str:
    """A TLS report, as it is inside its archive."""
    return (
        f'{{"organization-name":"{organisation}","contact-info":"tlsrpt@reports.example","report-id":"2026-11-28",'
        '"policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1","mode: enforce"],'
        f'"policy-domain":"{DOMAIN}","mx-host":["*.example.org"]}},"summary":{{"total-successful-session-count":0,'
        f'"total-failure-session-count":3}},"failure-details":[{{"result-type":"{result}",'
        f'"receiving-mx-hostname":"{SERVER}","receiving-ip":"{ADDRESS}","failed-session-count":3}}]}}]}}'
    )


@dataclass(frozen=True, slots=True)
class Said:
    """A text as somebody pastes it, and what must be found beside the domain."""

    key: str
    text: str
    server: str | None = SERVER
    address: str | None = ADDRESS


SAID = (
    Said("exchange-not-listed", exchange("MX hosts of example.org failed MTA-STS validation", "4.4.8")),
    Said("exchange-not-listed", exchange("MX hosts of 'example.org' failed MTA-STS validation.", "4.4.8")),
    Said(
        "exchange-certificate",
        exchange("Remote certificate failed MTA-STS validation. Reason: SubjectMismatch", "4.7.5"),
    ),
    Said(
        "exchange-no-starttls",
        exchange("starttls-not-supported: Destination mail server must support TLS to receive mail", "4.7.321"),
    ),
    Said(
        "exchange-expired",
        exchange("certificate-expired: Destination mail server's certificate is expired", "4.7.322"),
    ),
    Said("exchange-tlsa", exchange("tlsa-invalid: The domain failed DANE validation", "4.7.323")),
    Said(
        "exchange-dnssec",
        exchange("dnssec-invalid: Destination domain returned invalid DNSSEC records", "4.7.324"),
    ),
    Said(
        "exchange-name",
        exchange(
            "certificate-host-mismatch: Remote certificate MUST have a common name or subject alternative name "
            "matching the hostname (DANE)",
            "4.7.325",
        ),
    ),
    Said("exchange-dns", exchange("DNS query failed [Message=ServerFailure]", "4.4.312")),
    Said(
        "exchange-connector",
        exchange("Cannot connect to remote server [Message=451 5.7.3 STARTTLS is required to send mail]", "4.4.317"),
    ),
    Said(
        "exchange-connector-certificate",
        exchange("Certificate validation failed [Message=SubjectMismatch]", "4.7.320"),
    ),
    Said(
        "exchange-connector-certificate",
        exchange("Certificate validation failed [Message=UntrustedRoot]", "4.7.320"),
    ),
    Said("exchange-refused", exchange("Connection refused [Message=Socket error code 10061]", "4.4.316")),
    Said(
        "gmail-handshake",
        gmail("TLS Negotiation failed: FAILED_PRECONDITION: starttls error(104): Connection reset by peer"),
        None,
        None,
    ),
    Said(
        "gmail-handshake",
        gmail(
            "TLS Negotiation failed: FAILED_PRECONDITION: starttls error (71): 140223:error:1000007d:SSL routines:"
            "OPENSSL_internal:CERTIFICATE_VERIFY_FAILED"
        ),
        None,
        None,
    ),
    Said(
        "gmail-timeout",
        gmail(
            "The recipient server did not accept our requests to connect. Learn more at "
            f"https://support.google.com/mail/answer/7720 [{SERVER}. {ADDRESS}: timed out]"
        ),
    ),
    Said(
        "gmail-timeout",
        gmail(f"The recipient server did not accept our requests to connect. [{SERVER}. {ADDRESS}: timed out]"),
    ),
    Said(
        "gmail-send-as",
        gmail("TLS Negotiation failed, the certificate doesn’t match the host."),
        None,
        None,
    ),
    Said("google-report-not-listed", tls_report("Google Inc.", "validation-failure")),
    Said("microsoft-report-fetch", tls_report("Microsoft Corporation", "sts-policy-fetch-error")),
    Said("microsoft-report-eof", tls_report("Microsoft Corporation", "validation-failure")),
    Said("postfix-not-verified", postfix("Server certificate not verified")),
    Said("postfix-not-trusted", postfix("Server certificate not trusted")),
    Said("postfix-no-starttls", postfix(f"TLS is required, but was not offered by host {_AT}", "4.7.4")),
    Said(
        "postfix-starttls-refused",
        postfix(f"TLS is required, but host {_AT} refused to start TLS: 454 4.7.0 TLS not available", "4.7.0"),
    ),
    Said("postfix-handshake", postfix("Cannot start TLS: handshake failure")),
    Said("postfix-tlsa-look-up", postfix(f"TLSA lookup error for {SERVER}:25")),
    Said("postfix-refused", postfix(f"connect to {_AT}:25: Connection refused", "4.4.1")),
    Said("postfix-look-up", postfix(_no_name("example.org", "MX: Host not found, try again"), "4.4.3")),
    Said("postfix-look-up", postfix(_no_name(SERVER, "A: Host not found, try again"), "4.4.3")),
    Said(
        "postfix-no-address", postfix(_no_name(SERVER, "A: Host found but no data record of requested type"), "5.4.4")
    ),
    Said("postfix-no-domain", _bounced(_no_name("example.org", "A: Host not found"), "5.4.4"), None, None),
    Said("postfix-null-mx", _bounced("Domain example.org does not accept mail (nullMX)", "5.1.0"), None, None),
    Said("postfix-turned-away", postfix(f"host {_AT} refused to talk to me: 554 5.7.1 No", "4.7.1")),
    Said("postfix-dane-only", postfix("non DNSSEC destination")),
    Said("postfix-dane-only", postfix("no TLSA records found")),
    Said("postfix-dane-only", postfix("TLSA records unusable")),
    Said(
        "postfix-verification",
        postfix_warning(f"certificate verification failed for {_AT}:25: untrusted issuer /C=DE/O=Example/CN=Root"),
    ),
    Said(
        "postfix-verification",
        postfix_warning(f"certificate verification failed for {_AT}:25: self-signed certificate"),
    ),
    Said(
        "postfix-verification",
        postfix_warning(f"certificate verification failed for {_AT}:25: not trusted by local or TLSA policy"),
    ),
    Said(
        "postfix-verification",
        postfix_warning(f"certificate verification failed for {_AT}:25: certificate has expired"),
    ),
    Said(
        "postfix-verification",
        postfix_warning(
            f"certificate verification failed for {_AT}:25: not designated for use as a server certificate"
        ),
    ),
    Said(
        "postfix-not-listed",
        postfix_warning(f"warning: MX name '{SERVER}' does not match STS MX pattern for 'example.org'"),
        address=None,
    ),
    Said("postfix-ssl", postfix_warning(f"SSL_connect error to {_AT}:25: lost connection")),
    Said(
        "postfix-ssl",
        postfix_warning(
            "warning: TLS library problem: error:0A000410:SSL routines::ssl/tls alert handshake failure:"
            "../ssl/record/rec_layer_s3.c:1605:SSL alert number 40:"
        ),
        None,
        None,
    ),
    Said("postfix-own-policy", postfix("client TLS configuration problem")),
    Said(
        "postfix-own-policy",
        postfix_warning('warning: TLS policy table, entry "example.org": invalid attribute name: "servername"'),
        None,
        None,
    ),
    Said(
        "postfix-own-policy",
        postfix_warning('warning: TLS policy table, entry "example.org": attribute "match" has empty value'),
        None,
        None,
    ),
    Said(
        "postfix-policy-fetch", postfix_plugin("STS policy fetch for domain 'example.org' failed with error: timeout")
    ),
    Said(
        "postfix-requiretls",
        postfix(f"Sender requested REQUIRETLS, but host {_AT} does not announce REQUIRETLS", "5.7.30"),
    ),
    Said("exim-no-tls", exim("a TLS session is required, but the server did not offer TLS support")),
    Said("exim-no-tls", exim("a TLS session is required, but an attempt to start TLS failed")),
    Said("exim-dane", exim(f"DANE attempt failed; TLS connection to {SERVER} [{ADDRESS}]: certificate not verified")),
    Said("exim-dane-look-up", exim("DANE error: tlsa lookup DEFER")),
    Said("exim-dane-look-up", exim(f"DANE error: {SERVER} lookup not DNSSEC")),
    Said(
        "exim-name",
        exim_log(
            f'[{ADDRESS}] SSL verify error: certificate name mismatch: DN="CN=mail.elsewhere.example" H="{SERVER}"'
        ),
    ),
    Said(
        "stalwart-not-listed",
        stalwart(f"MTA-STS failed to authenticate 'example.org': MX \"{SERVER}\" not authorized by policy."),
        address=None,
    ),
    Said(
        "stalwart-dane",
        stalwart(f"DANE failed to authenticate '{SERVER}': No matching certificates found in TLSA records"),
        address=None,
    ),
    Said(
        "stalwart-dane",
        stalwart(f"DANE failed to authenticate '{SERVER}': No valid TLSA records were found"),
        address=None,
    ),
    Said("stalwart-tls", stalwart(f"TLS error from '{SERVER}': invalid peer certificate: Expired"), address=None),
    Said(
        "mox-not-listed",
        mox(f"mx host {SERVER} does not match enforced mta-sts policy with hosts mx.example.org"),
        address=None,
    ),
    Said("mox-policy", mox("mtasts: cannot fetch policy"), address=None),
    Said("mox-policy", mox("mtasts: no policy served"), address=None),
    Said("mox-policy", mox("mtasts: policy syntax error"), address=None),
    Said("mox-policy", mox("mtasts: multiple mta-sts records"), address=None),
    Said("mox-dane", mox("dane: no match between certificate and tlsa records"), address=None),
    Said("mox-dane", mox("dane: dns lookups insecure"), address=None),
    Said(
        "kumomta-no-tls",
        kumomta(f"tls policy is Required but STARTTLS is not advertised by {SERVER}/{ADDRESS}:25"),
    ),
    Said("kumomta-no-tls", kumomta(f"TLS handshake with {SERVER}/{ADDRESS}:25 failed: unexpected EOF")),
    Said("kumomta-no-tls", kumomta("failed to connect to any candidate hosts: all failed"), None, None),
    Said(
        "kumomta-dane-look-up",
        kumomta(f"DANE TLSA lookup for {SERVER} could not be securely resolved: bogus"),
        address=None,
    ),
    Said("maddy-policy", maddy("TLS it not available or unauthenticated but required"), address=None),
    Said("maddy-policy", maddy("TLS is not available or unauthenticated but required"), address=None),
    Said("maddy-policy", maddy("ignoring MX due to MTA-STS"), address=None),
    Said(
        "forward-email-policy",
        plain("421 TLS is required due to MTA-STS policy (certificate has expired) - Forward Email"),
        None,
        None,
    ),
    Said("sendgrid-no-tls", plain("TLS required but not supported"), None, None),
    Said(
        "sparkpost-name",
        plain("454 4.7.5 [internal] SSL certificate subject does not match host mx1.example.org"),
        None,
        None,
    ),
    Said(
        "sendmail-handshake",
        "Nov 29 10:00:01 out sm-mta[811]: 5ATA01: to=<bob@example.org>, ctladdr=<alice@sender.example> (1000/1000), "
        f"delay=00:00:02, mailer=esmtp, pri=120336, relay={SERVER}. [{ADDRESS}], dsn=4.7.0, stat=Deferred\n"
        f"Nov 29 10:00:01 out sm-mta[811]: ruleset=tls_server, arg1=SOFTWARE, relay={SERVER}, "
        "reject=403 4.7.0 TLS handshake failed.",
    ),
    *(
        Said("trend-micro-dane", f"Trend Micro DDEI: to=<bob@example.org>, relay={_AT}:25, status=Defer ({reason})")
        for reason in (
            "server certificate not trusted",
            "non-DNSSEC destination",
            "no TLSA record",
            "TLSA lookup error",
            "host or domain name not found",
        )
    ),
    Said(
        "go-handshake-eof",
        "smtp: 40.107.22.84:21345 Error in TLS handshake: EOF from=<alice@sender.example> rcpt to: <bob@example.org>",
        None,
        None,
    ),
)
