"""What can be said of one endpoint's SMTP dialogue (RFC 5321, RFC 3207, requirements section 2).

Parameters beside ``host`` and ``address``: ``why`` is a sentence about what happened, ``reply`` the server's own words.
An address that can't be reached is advice here: whether the server has another one that works is for the rules that
see all of its addresses.
"""

from checker.finding import Entry, Severity, Who

_CONNECT = "RFC 5321 section 4.5.4.2"
_REPLIES = "RFC 5321 section 4.2"
_STARTTLS = "RFC 3207 section 4"
_AFTER = "RFC 3207 section 4.2"
_CLEAR_TEXT = (
    "Most senders then send mail in clear text, where anybody on the way can read and change it. Senders that "
    "insist on TLS don't deliver at all."
)

CATALOGUE: tuple[Entry, ...] = (
    # Connecting
    Entry(
        code="smtp-refused",
        severity=Severity.ADVICE,
        title="{address} refuses mail connections",
        detail="{why} A machine answers at this address of {host}, but nothing listens on its port 25, or a firewall "
        "turns us away. Senders lose time here before they try the next address.",
        remedy="Start the mail server on this address, open port 25 in its firewall, or remove the address from DNS.",
        who=Who.MAIL_SERVER,
        reference=_CONNECT,
        requirements=("SMTP-1",),
        group="reachability",
        cost=2,
    ),
    Entry(
        code="smtp-no-answer",
        severity=Severity.ADVICE,
        title="{address} does not answer",
        detail="{why} The machine at this address of {host} may be off, or a firewall drops what arrives. Senders wait "
        "here, often for half a minute, before they try the next address.",
        remedy="Check that the machine runs and its firewall lets port 25 through, or remove the address from DNS.",
        who=Who.MAIL_SERVER,
        reference=_CONNECT,
        requirements=("SMTP-1",),
        group="reachability",
        cost=2,
    ),
    Entry(
        code="smtp-unreachable",
        severity=Severity.ADVICE,
        title="{address} cannot be reached",
        detail="{why} Some router on the way to this address of {host} says that there is no path to it.",
        remedy="Ask the network's operator whether the address is routed, or remove it from DNS.",
        who=Who.MAIL_SERVER,
        reference=_CONNECT,
        requirements=("SMTP-1",),
        group="reachability",
        cost=2,
    ),
    # The dialogue breaks
    Entry(
        code="smtp-cut-off",
        severity=Severity.SERIOUS,
        title="{host} hangs up on senders",
        detail="{why} It happened on two connections. Senders keep the mail and try again, and return it after days.",
        remedy="Look in the mail server's log for why it ends the connection. A firewall or a block list in front of "
        "it may do so too.",
        who=Who.MAIL_SERVER,
        reference=_REPLIES,
        requirements=("SMTP-1", "SMTP-8"),
        group="reachability",
        cost=4,
    ),
    Entry(
        code="smtp-silent",
        severity=Severity.SERIOUS,
        title="{host} falls silent in the middle of the dialogue",
        detail="{why} It happened on two connections. Senders wait for minutes, then keep the mail and try again.",
        remedy="Look in the mail server's log for what it waits for. Often it is a slow DNS or block-list look-up.",
        who=Who.MAIL_SERVER,
        reference="RFC 5321 section 4.5.3.2",
        requirements=("SMTP-8",),
        group="reachability",
        cost=4,
    ),
    Entry(
        code="smtp-bad-reply",
        severity=Severity.SERIOUS,
        title="{host} sends something that is no mail reply",
        detail="{why} Senders can't make sense of it and don't deliver. It may be that something else than a mail "
        "server listens here.",
        remedy="Check what listens on port 25 of {address}, and that no firewall rewrites what it says.",
        who=Who.MAIL_SERVER,
        reference=_REPLIES,
        requirements=("SMTP-7", "SMTP-8"),
        group="reachability",
        cost=4,
    ),
    Entry(
        code="smtp-unsteady",
        severity=Severity.UNKNOWN,
        title="One connection to {address} failed",
        detail="{why} It happened once: another try ended otherwise, or there was no time for one. So it is not held "
        "against {host}.",
        remedy="Scan again in some minutes. If it comes back now and then, look in the mail server's log.",
        who=Who.NOBODY,
        reference=_CONNECT,
        requirements=("SMTP-1",),
    ),
    Entry(
        code="smtp-not-tested",
        severity=Severity.UNKNOWN,
        title="{address} could not be tested",
        detail="{why} That is on our side, and says nothing about {host}.",
        who=Who.NOBODY,
        reference=_CONNECT,
        requirements=("SMTP-1",),
    ),
    # The greeting
    Entry(
        code="smtp-greeting-awaited",
        severity=Severity.UNKNOWN,
        title="{host} did not greet while we waited",
        detail="{why} The standard lets a server take five minutes, and some make strangers wait on purpose. So we "
        "can't tell whether it works.",
        remedy="If the server is to answer at once, look for slow DNS or block-list look-ups in its configuration.",
        who=Who.MAIL_SERVER,
        reference="RFC 5321 section 4.5.3.2.1",
        requirements=("SMTP-2",),
    ),
    Entry(
        code="smtp-greeting-slow",
        severity=Severity.ADVICE,
        title="{host} greets late",
        detail="Its greeting took {seconds} s. That is allowed, and may be meant against spam. But some senders and "
        "many test tools give up early, and then take the server for dead or unencrypted.",
        remedy="If it isn't meant, look for slow DNS or block-list look-ups. If it is, keep it below ten seconds.",
        who=Who.MAIL_SERVER,
        reference="RFC 5321 section 4.5.3.2.1",
        requirements=("SMTP-2",),
        group="reachability",
        cost=1,
    ),
    Entry(
        code="smtp-busy",
        severity=Severity.SERIOUS,
        title="{host} says “not now”, again and again",
        detail="Two connections were answered with “{reply}”. Senders keep the mail and try again; if it lasts, mail "
        "comes late or goes back.",
        remedy="Look in the mail server's log for the reason: too many connections, no disk space, or a rule against "
        "strangers. If it is a rule against us, mail from others may be fine.",
        who=Who.MAIL_SERVER,
        reference="RFC 5321 section 3.8",
        requirements=("SMTP-6", "SMTP-7"),
        group="reachability",
        cost=4,
    ),
    Entry(
        code="smtp-not-now",
        severity=Severity.UNKNOWN,
        title="{host} asked us to come back later",
        detail="One connection was answered with “{reply}”, which means “not now”. It happened once, so it is not "
        "held against the server.",
        remedy="Scan again in some minutes.",
        who=Who.NOBODY,
        reference="RFC 5321 section 3.8",
        requirements=("SMTP-6", "SMTP-7", "SMTP-16"),
    ),
    Entry(
        code="smtp-no-mail-service",
        severity=Severity.SERIOUS,
        title="{host} says that it takes no mail",
        detail="{why} A greeting that begins with 5 means that there is no mail service here for us. Senders go to the "
        "next server, or return the mail.",
        remedy="Let the server accept mail from the Internet, or remove it from the MX records.",
        who=Who.MAIL_SERVER,
        reference="RFC 5321 section 3.1",
        requirements=("SMTP-5", "SMTP-7"),
        group="reachability",
        cost=5,
    ),
    Entry(
        code="smtp-greeting-form",
        severity=Severity.NOTE,
        title="The greeting of {host} does not begin with a name",
        detail="It says “{reply}”. The server's own name should follow the code. Senders don't mind.",
        who=Who.MAIL_SERVER,
        reference=_REPLIES,
        requirements=("SMTP-4",),
    ),
    Entry(
        code="smtp-reply-form",
        severity=Severity.NOTE,
        title="The replies of {host} are not quite in form",
        detail="{defects} Most senders read such replies all the same.",
        who=Who.MAIL_SERVER,
        reference=_REPLIES,
        requirements=("SMTP-8", "SMTP-9"),
    ),
    # EHLO
    Entry(
        code="smtp-helo-only",
        severity=Severity.CRITICAL,
        title="{host} does not know EHLO, so it cannot encrypt",
        detail="It answers only the old greeting HELO, which has no extensions, and encryption is one. " + _CLEAR_TEXT,
        remedy="Update the mail server, or switch off the “SMTP inspection” of a firewall in front of it.",
        who=Who.MAIL_SERVER,
        reference="RFC 5321 section 3.2",
        requirements=("SMTP-11", "SMTP-13"),
        group="starttls",
        cost=12,
    ),
    Entry(
        code="smtp-ehlo-refused",
        severity=Severity.UNKNOWN,
        title="{host} would not talk to us",
        detail="It answered our introduction with “{reply}”. That may be a rule against our address or name, so it "
        "doesn't show what other senders get.",
        remedy="If this is your server, see in its log which rule it was. Then scan again from another place.",
        who=Who.NOBODY,
        reference="RFC 5321 section 4.1.4",
        requirements=("SMTP-12",),
    ),
    Entry(
        code="smtp-starttls-demanded",
        severity=Severity.NOTE,
        title="{host} takes mail over TLS only",
        detail="It said “{reply}” before anything else. The standard asks servers for public mail not to insist; today "
        "some owners do so on purpose. Senders without TLS can't deliver.",
        who=Who.MAIL_SERVER,
        reference=_STARTTLS,
        requirements=("SMTP-23",),
    ),
    # STARTTLS
    Entry(
        code="smtp-no-starttls",
        severity=Severity.CRITICAL,
        title="{host} offers no encryption",
        detail="Its list of extensions doesn't hold STARTTLS, the command that begins TLS. " + _CLEAR_TEXT,
        remedy="Give the mail server a certificate and switch on STARTTLS. In Postfix: smtpd_tls_security_level = may, "
        "with smtpd_tls_chain_files naming the key and the certificate. If it is on, look for a firewall that filters "
        "mail.",
        who=Who.MAIL_SERVER,
        reference="RFC 3207 section 2",
        requirements=("SMTP-13",),
        group="starttls",
        cost=12,
    ),
    Entry(
        code="smtp-starttls-masked",
        severity=Severity.CRITICAL,
        title="Something hides the encryption of {host}",
        detail="Where STARTTLS should stand, its list of extensions says “{keyword}”. A firewall in between, or an "
        "attacker, writes over the word so that senders don't encrypt. " + _CLEAR_TEXT,
        remedy="Switch off mail inspection in the firewall in front of the server (on Cisco: “no fixup protocol smtp” "
        "or “no inspect esmtp”). If the word looks right inside your network, the change happens outside of it.",
        who=Who.MAIL_SERVER,
        reference="RFC 3207 section 6",
        requirements=("SMTP-14",),
        group="starttls",
        cost=12,
    ),
    Entry(
        code="smtp-starttls-unavailable",
        severity=Severity.SERIOUS,
        title="{host} offers encryption but has none to give",
        detail="Two connections were answered with “{reply}”, which means that TLS doesn't work for now. "
        + _CLEAR_TEXT,
        remedy="Look in the mail server's log. Often the certificate or its key can't be read.",
        who=Who.MAIL_SERVER,
        reference=_STARTTLS,
        requirements=("SMTP-16",),
        group="starttls",
        cost=6,
    ),
    Entry(
        code="smtp-starttls-fails",
        severity=Severity.CRITICAL,
        title="{host} offers encryption and does not carry it out",
        detail="It lists STARTTLS, the command that begins TLS. {why} " + _CLEAR_TEXT,
        remedy="Look in the mail server's log. Often the certificate is missing, a rule allows TLS to some only, or a "
        "firewall in between can't let TLS through.",
        who=Who.MAIL_SERVER,
        reference=_STARTTLS,
        requirements=("SMTP-15", "SMTP-17"),
        group="starttls",
        cost=12,
    ),
    Entry(
        code="smtp-bytes-after-go-ahead",
        severity=Severity.ADVICE,
        title="Something speaks in clear where {host} should begin TLS",
        detail="{bytes} bytes came in clear text behind the “220” to STARTTLS. An attacker can put words there that a "
        "careless sender takes for the server's own, inside TLS. We threw them away, as senders must.",
        remedy="Update the mail server. If it is current, look for a proxy or firewall that adds to its replies.",
        who=Who.MAIL_SERVER,
        reference=_AFTER,
        requirements=("SMTP-19",),
        group="starttls",
        cost=2,
    ),
    # Inside TLS
    Entry(
        code="smtp-works-inside-tls",
        severity=Severity.GOOD,
        title="{host} takes mail over TLS",
        detail="It offers STARTTLS, completes TLS, and goes on inside it.",
        who=Who.NOBODY,
        reference=_AFTER,
        requirements=("SMTP-13", "SMTP-20"),
    ),
    Entry(
        code="smtp-ehlo-tls-fails",
        severity=Severity.SERIOUS,
        title="{host} completes TLS, and then takes no mail in it",
        detail="{why} So mail can't flow encrypted, though encryption seems to work.",
        remedy="Look in the mail server's log for what happens after the TLS handshake.",
        who=Who.MAIL_SERVER,
        reference=_AFTER,
        requirements=("SMTP-20",),
        group="starttls",
        cost=6,
    ),
    Entry(
        code="smtp-tls-level-refused",
        severity=Severity.SERIOUS,
        title="{host} is not content with the TLS that it agreed to",
        detail="{why} Such an answer inside TLS means that the server wants a better cipher or a client certificate. "
        "Senders can't know that, and don't deliver.",
        remedy="Switch off the versions and ciphers that the server doesn't want, instead of refusing mail over them.",
        who=Who.MAIL_SERVER,
        reference="RFC 3207 section 4.1",
        requirements=("SMTP-22",),
        group="starttls",
        cost=6,
    ),
    Entry(
        code="smtp-client-certificate",
        severity=Severity.SERIOUS,
        title="{host} demands a certificate of senders",
        detail="{why} Senders on the Internet have none that it could know, so they can't deliver over TLS.",
        remedy="Don't require client certificates on port 25. In Postfix: smtpd_tls_req_ccert = no.",
        who=Who.MAIL_SERVER,
        reference="RFC 3207 section 4.1",
        requirements=("SMTP-24",),
        group="starttls",
        cost=6,
    ),
    Entry(
        code="smtp-starttls-inside-tls",
        severity=Severity.ADVICE,
        title="{host} offers STARTTLS again inside TLS",
        detail="Once TLS is up, the keyword must be gone. A sender that takes the offer ends in an error.",
        remedy="Update the mail server, or the proxy in front of it that ends TLS and doesn't tell it so.",
        who=Who.MAIL_SERVER,
        reference=_AFTER,
        requirements=("SMTP-21",),
        group="starttls",
        cost=1,
    ),
    Entry(
        code="smtp-login-in-clear",
        severity=Severity.ADVICE,
        title="{host} offers logins before encryption",
        detail="Its list of extensions holds AUTH in clear text. A mail program that takes the offer sends its "
        "password where anybody on the way can read it. Mail from other servers needs no login.",
        remedy="Offer AUTH on the submission ports only, or inside TLS only. In Postfix: smtpd_tls_auth_only = yes.",
        who=Who.MAIL_SERVER,
        reference="RFC 4954 section 4",
        requirements=("SMTP-26",),
        group="starttls",
        cost=2,
    ),
    Entry(
        code="smtp-requiretls",
        severity=Severity.NOTE,
        title="{host} knows REQUIRETLS",
        detail="Senders can ask it to pass a message on over verified TLS only, or not at all.",
        who=Who.NOBODY,
        reference="RFC 8689 section 2",
        requirements=("SMTP-27",),
    ),
    Entry(
        code="smtp-requiretls-in-clear",
        severity=Severity.NOTE,
        title="{host} offers REQUIRETLS before encryption",
        detail="The extension has a meaning inside TLS only, and should be offered only there.",
        who=Who.MAIL_SERVER,
        reference="RFC 8689 section 2",
        requirements=("SMTP-27",),
    ),
    Entry(
        code="smtp-quit-unanswered",
        severity=Severity.NOTE,
        title="{host} ends without a goodbye",
        detail="{why} The standard asks for “221” in answer to QUIT. Senders don't mind.",
        who=Who.MAIL_SERVER,
        reference="RFC 5321 section 4.1.1.10",
        requirements=("SMTP-28",),
    ),
)
