"""Whole reports of non-delivery, as their source or as somebody copied them from a window.

Where they come from is ``sender.example``; the mail was for ``bob@example.org``.
"""

from base64 import encodebytes

POSTFIX = """\
Return-Path: <>
Received: by out.sender.example (Postfix) id 5B1C02E1A; Sat, 28 Nov 2026 09:11:02 +0000 (UTC)
Date: Sat, 28 Nov 2026 09:11:02 +0000 (UTC)
From: MAILER-DAEMON@out.sender.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: alice@sender.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="4Zk1T93vLzz9s.1795857062/out.sender.example"
Message-Id: <20261128091102.5B1C02E1A@out.sender.example>

This is a MIME-encapsulated message.

--4Zk1T93vLzz9s.1795857062/out.sender.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host out.sender.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

                   The mail system

<bob@example.org>: Server certificate not verified

--4Zk1T93vLzz9s.1795857062/out.sender.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; out.sender.example
X-Postfix-Queue-ID: 4Zk1T93vLzz9s
X-Postfix-Sender: rfc822; alice@sender.example
Arrival-Date: Mon, 23 Nov 2026 09:10:58 +0000 (UTC)

Final-Recipient: rfc822; bob@example.org
Original-Recipient: rfc822;bob@example.org
Action: failed
Status: 4.7.5
Remote-MTA: dns; mx1.example.org
Diagnostic-Code: X-Postfix; Server certificate not
    verified

--4Zk1T93vLzz9s.1795857062/out.sender.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <alice@sender.example>
Received: from desk.sender.example (desk.sender.example [198.51.100.7])
\tby out.sender.example (Postfix) with ESMTPSA id 4Zk1T93vLzz9s
\tfor <bob@example.org>; Mon, 23 Nov 2026 09:10:58 +0000 (UTC)
From: Alice <alice@sender.example>
To: Bob <bob@example.org>
Subject: Hello

See you at the meeting on "TLS is required, but was not offered by host mx.third.example[198.51.100.1]", says
carol@third.example. 5.7.321 starttls-not-supported: Destination mail server must support TLS to receive mail
--4Zk1T93vLzz9s.1795857062/out.sender.example--
"""

_EXCHANGE_HTML = """\
<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>
<p>Your message to <a href="mailto:bob@example.org">bob@example.org</a> couldn't be delivered.</p>
<table><tr><td>alice</td><td>Office 365</td><td>bob</td></tr></table>
<p><b>Diagnostic information for administrators:</b></p>
<p>Generating server: DB9PR01MB7321.eurprd01.prod.exchangelabs.com</p>
<p>bob@example.org<br>Remote server returned '550 5.7.323 tlsa-invalid: The domain failed DANE validation
[LastAttemptedServerName=mx1.example.org] [LastAttemptedIP=192.0.2.25:25]'</p>
</body></html>
"""

EXCHANGE = f"""\
From: <postmaster@sender.example>
To: <alice@sender.example>
Date: Sat, 28 Nov 2026 09:11:02 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary="6cff5d5c-95d4"
X-MS-Exchange-Message-Is-Ndr:
Message-ID: <63be7ab8-3b0c-4d2f@DB9PR01MB7321.eurprd01.prod.exchangelabs.com>
Subject: Undeliverable: Hello

--6cff5d5c-95d4
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

{encodebytes(_EXCHANGE_HTML.encode()).decode()}
--6cff5d5c-95d4
Content-Type: message/delivery-status

Reporting-MTA: dns;DB9PR01MB7321.eurprd01.prod.exchangelabs.com
Received-From-MTA: dns;AM0PR01MB4321.eurprd01.prod.exchangelabs.com
Arrival-Date: Fri, 27 Nov 2026 09:10:40 +0000

Final-Recipient: rfc822;bob@example.org
Action: failed
Status: 5.7.323
Diagnostic-Code: smtp;550 5.7.323 tlsa-invalid: The domain failed DANE validation

--6cff5d5c-95d4
Content-Type: message/rfc822

From: Alice <alice@sender.example>
To: "bob@example.org" <bob@example.org>
Subject: Hello

Hello
--6cff5d5c-95d4--
"""

EXCHANGE_COPIED = """\
Delivery has failed to these recipients or groups:

Bob (bob@example.org)
Your message couldn't be delivered. Despite repeated attempts to contact the recipient's email system it didn't respond.

Diagnostic information for administrators:

Generating server: DB9PR01MB7321.eurprd01.prod.exchangelabs.com
Receiving server: mx1.example.org (192.0.2.25)

bob@example.org
11/28/2026 9:11:02 AM - Remote Server at mx1.example.org (192.0.2.25) returned '550 5.4.8 Message expired ->
4.4.8 MX hosts of example.org failed MTA-STS validation'

Original message headers:

Received: from AM0PR01MB4321.eurprd01.prod.exchangelabs.com (2603:10a6:208:1::1)
From: Alice <alice@sender.example>
To: "bob@example.org" <bob@example.org>
Message-ID: <AM0PR01MB4321A1B2C3@AM0PR01MB4321.eurprd01.prod.exchangelabs.com>
"""

GMAIL = """\
Delivered-To: alice@gmail.com
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: alice@gmail.com
Subject: Delivery Status Notification (Failure)
References: <CAJ+x=1@mail.gmail.com>
Message-ID: <69280e3a.a70a0220.1@mx.google.com>
Content-Type: multipart/report; boundary="000000000000c1a4"; report-type=delivery-status

--000000000000c1a4
Content-Type: multipart/related; boundary="000000000000c1a9"

--000000000000c1a9
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable


** Message not delivered **

There was a problem delivering your message to bob@example.org. See the tech=
nical details below, or try resending in a few minutes.

The response was:

TLS Negotiation failed: FAILED_PRECOND=
ITION: starttls error(104): Connection reset by peer

--000000000000c1a9
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<html><head><style>* {font-family:Roboto}</style></head><body><table cellpadding=3D"0"><tr><td>
Message not delivered</td></tr></table></body></html>
--000000000000c1a9--
--000000000000c1a4
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Fri, 27 Nov 2026 01:11:02 -0800 (PST)
X-Original-Message-ID: <CAJ+x=1@mail.gmail.com>

Final-Recipient: rfc822; bob@example.org
Action: failed
Status: 4.4.2
Remote-MTA: dns; mx1.example.org. (192.0.2.25, the server for the domain example.org.)
Diagnostic-Code: smtp; TLS Negotiation failed: FAILED_PRECONDITION: starttls error(104): Connection reset by peer
Last-Attempt-Date: Sat, 28 Nov 2026 01:11:02 -0800 (PST)

--000000000000c1a4
Content-Type: message/rfc822

From: Alice <alice@gmail.com>
To: bob@example.org

Hello
--000000000000c1a4--
"""

GMAIL_COPIED = """\
Message not delivered
Your message couldn't be delivered to bob@example.org because the remote server is misconfigured. See the technical
details below for more information.

The response from the remote server was:

TLS Negotiation failed, the certificate doesn't match the host.
"""

EXIM = """\
Return-path: <>
Received: from Debian-exim by out.sender.example with local (Exim 4.98) id 1rABcd-000Xyz-2L
\tfor alice@sender.example; Sat, 28 Nov 2026 09:11:02 +0000
X-Failed-Recipients: bob@example.org
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@out.sender.example>
To: alice@sender.example
Content-Type: multipart/report; report-type=delivery-status; boundary=1795857062-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1rABcd-000Xyz-2L@out.sender.example>

--1795857062-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.org
    host mx1.example.org [192.0.2.25]
    a TLS session is required, but the server did not offer TLS support:
    retry timeout exceeded

--1795857062-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; out.sender.example

Action: failed
Final-Recipient: rfc822;bob@example.org
Status: 5.0.0
Remote-MTA: dns; mx1.example.org

--1795857062-eximdsn-1804289383
Content-type: message/rfc822

Return-path: <alice@sender.example>
From: Alice <alice@sender.example>
To: bob@example.org
Subject: Hello

Hello
--1795857062-eximdsn-1804289383--
"""


def quoted(text: str) -> str:
    """As the customer's answer to a ticket quotes it."""
    return "My mail came back:\n\n" + "\n".join(f"> {line}" for line in text.splitlines())
