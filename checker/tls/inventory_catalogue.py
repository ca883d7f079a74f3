"""What can be said of all that a server's TLS takes, beside what it chose (RFC 9325, requirements section 3).

Parameters beside ``host`` and ``address``: ``suite`` is what was negotiated; ``versions``, ``groups`` and ``what``
are names, joined for reading; ``bits`` is the length of a DH prime and ``prime`` says in a half sentence whose it is;
``why`` is what is missing.
"""

from functools import partial

from checker.finding import Entry, Severity, Who


def _entry(
    severity: Severity, code: str, cost: int, title: str, detail: str, remedy: str, reference: str, *requirements: str
) -> Entry:
    return Entry(
        code=code,
        severity=severity,
        title=title,
        detail=detail,
        remedy=remedy,
        who=Who.MAIL_SERVER,
        reference=reference,
        requirements=requirements,
        group="tls" if cost else "",
        cost=cost,
    )


_serious = partial(_entry, Severity.SERIOUS)
_advice = partial(_entry, Severity.ADVICE)
_note = partial(_entry, Severity.NOTE)

_UPDATE = "Update the mail server's TLS library, and leave this to its defaults."

CATALOGUE: tuple[Entry, ...] = (
    _serious(
        "tls-sslv2-accepted",
        5,
        "{host} accepts SSLv2",
        "SSLv2 was given up in 1996 and protects nothing. Worse, with its help recorded sessions of newer versions can "
        "be opened if they use the same key, on whatever server (the DROWN attack).",
        "Switch SSLv2 off, and replace the key and the certificate. In Postfix: "
        '`postconf -e "smtpd_tls_protocols = >=TLSv1"`, then `postfix reload`. No sender needs SSLv2.',
        "RFC 6176",
        "TLS-1",
        "TLS-30",
    ),
    _serious(
        "tls-sslv3-accepted",
        3,
        "{host} accepts SSLv3",
        "Asked for nothing newer, it chose SSLv3. That version is broken (the POODLE attack), and every sender has a "
        "newer one.",
        'Switch SSLv3 off. In Postfix: `postconf -e "smtpd_tls_protocols = >=TLSv1"`, then `postfix reload`.',
        "RFC 7568",
        "TLS-2",
        "TLS-30",
    ),
    _advice(
        "tls-old-versions-accepted",
        1,
        "{host} accepts {versions} too",
        "Beside newer versions it takes {versions}, withdrawn in 2021. Two current programs never agree on them, so "
        "this weakens nobody's mail but that of senders that have nothing newer. Those few would deliver in clear text "
        "without it.",
        "When you can do without senders that old, allow TLS 1.2 and newer only. In Postfix: "
        '`postconf -e "smtpd_tls_protocols = >=TLSv1.2"`, then `postfix reload`.',
        "RFC 8996 section 4",
        "TLS-3",
    ),
    _advice(
        "tls-1-2-missing",
        2,
        "{host} speaks nothing but TLS 1.3",
        "It refuses TLS 1.2, which many senders have as their newest version. Those deliver in clear text, or not at "
        "all.",
        'Allow TLS 1.2 beside TLS 1.3. In Postfix: `postconf -e "smtpd_tls_protocols = >=TLSv1.2"`, then `postfix '
        "reload`.",
        "RFC 9325 section 3.1.1",
        "TLS-4",
    ),
    _serious(
        "tls-broken-suites-accepted",
        3,
        "{host} accepts broken ciphers",
        "Offered nothing better, it took {what}. Whoever sits between sender and server may be able to push both down "
        "to it (export ciphers: the FREAK and Logjam attacks), and mail sent so can be read.",
        "Take these off the list; every sender has better ones. In Postfix: "
        '`postconf -e "smtpd_tls_ciphers = medium" "smtpd_tls_exclude_ciphers = aNULL, eNULL, EXPORT, DES, RC4"`, then '
        "`postfix reload`.",
        "RFC 9325 section 4.1",
        "TLS-8",
        "TLS-30",
    ),
    _advice(
        "tls-3des-accepted",
        1,
        "{host} accepts 3DES",
        "Offered nothing better, it took 3DES, which grows weak in long sessions (the Sweet32 attack). Only programs "
        "of some twenty years ago have nothing else.",
        "Take 3DES off the list. In Postfix: "
        '`postconf -e "smtpd_tls_exclude_ciphers = aNULL, RC4, 3DES, MD5, DES"`, then `postfix reload`.',
        "RFC 9325 section 4.1",
        "TLS-9",
        "TLS-30",
    ),
    _advice(
        "tls-static-keys-accepted",
        1,
        "{host} accepts suites without forward secrecy",
        "Offered nothing better, it agreed on a key with the help of its own long-lived one. Who records such mail and "
        "steals that key later can read it. Every current sender gets better.",
        "When you can do without senders that old, leave RSA key exchange out. In Postfix: "
        '`postconf -e "smtpd_tls_exclude_ciphers = aNULL, kRSA"`, then `postfix reload`.',
        "RFC 9325 section 4.1",
        "TLS-9",
    ),
    _serious(
        "tls-forward-secrecy-missing",
        4,
        "{host} has no suite with forward secrecy",
        "It took {suite}, and nothing better when better ones were offered first. Who records the mail today and "
        "steals the server's key later can read it all, whatever the sender does.",
        "Allow the ECDHE suites with AES-GCM. They are part of the defaults of every current TLS library.",
        "RFC 9325 section 4.1",
        "TLS-10",
    ),
    _advice(
        "tls-recommended-suites-missing",
        1,
        "{host} lacks the usual suites of TLS 1.2",
        "It has none of the suites ECDHE with AES-GCM, the ones that every sender of TLS 1.2 has. A sender may find "
        "nothing in common with it, and deliver in clear text.",
        "Allow ECDHE with AES-GCM, which is the default. In Postfix: "
        "`postconf -X tls_medium_cipherlist tls_high_cipherlist smtpd_tls_exclude_ciphers`, then `postfix reload`.",
        "RFC 9325 section 4.2",
        "TLS-11",
    ),
    _advice(
        "tls-client-order",
        1,
        "{host} lets the sender choose among weak and good suites",
        "It takes what the sender puts first, and has suites that should come last. A sender with an odd order then "
        "gets weak encryption where both have better.",
        "Let the server's order decide. In Postfix: "
        '`postconf -e "tls_preempt_cipherlist = yes"`, then `postfix reload`.',
        "RFC 9325 section 4.2.1",
        "TLS-13",
    ),
    _serious(
        "tls-weak-group",
        3,
        "{host} agrees on keys over curves that are too short",
        "Offered nothing better, it took {groups}. Curves of fewer than 224 bits may be broken by those who can afford "
        "it, and no sender needs them.",
        "Leave the choice of curves to a current TLS library. In Postfix: "
        "`postconf -X tls_eecdh_auto_curves smtpd_tls_eecdh_grade`, then `postfix reload`.",
        "RFC 9325 section 4.5",
        "TLS-15",
    ),
    _serious(
        "tls-dh-short",
        3,
        "{host} agrees on keys by DH of {bits} bits",
        "Its Diffie-Hellman prime has {bits} bits{prime}; 2048 are the least. Who breaks one such prime can read all "
        "sessions under it (the Logjam attack).",
        "Use a prime of 2048 bits or more. Postfix has one built in: "
        '`postconf -e "smtpd_tls_dh1024_param_file = "`, then `postfix reload`.',
        "RFC 9325 section 4.5",
        "TLS-17",
        "TLS-30",
    ),
    _advice(
        "tls-usual-groups-missing",
        1,
        "{host} lacks a usual group: {groups}",
        "Every server should have X25519 and P-256 (secp256r1), so that it has one in common with each sender.",
        "Leave the choice of curves to a current TLS library. In Postfix: "
        "`postconf -X tls_eecdh_auto_curves smtpd_tls_eecdh_grade`, then `postfix reload`.",
        "RFC 9325 section 4.2.1",
        "TLS-15",
    ),
    _advice(
        "tls-compression",
        2,
        "{host} compresses inside TLS",
        "What is compressed before it is encrypted gives away something of its content by its length (the CRIME "
        "attack).",
        "Switch compression off, and renegotiation with it. In Postfix: "
        '`postconf -e "tls_ssl_options = NO_COMPRESSION, NO_RENEGOTIATION"`, then `postfix reload`.',
        "RFC 9325 section 3.3",
        "TLS-19",
        "TLS-30",
    ),
    _serious(
        "tls-renegotiation-insecure",
        3,
        "{host} renegotiates insecurely",
        "It doesn't confirm secure renegotiation, so somebody in between could put words of their own before a "
        "sender's. Careful senders break the connection off.",
        _UPDATE,
        "RFC 5746",
        "TLS-20",
    ),
    _advice(
        "tls-extended-master-secret-missing",
        1,
        "{host} doesn't bind session keys to the handshake",
        "In TLS 1.2 and below it leaves out the extended master secret, which keeps two sessions from being made alike "
        "by somebody in between. Some newer senders insist on it.",
        _UPDATE,
        "RFC 7627",
        "TLS-22",
    ),
    _advice(
        "tls-heartbeat",
        1,
        "{host} offers the heartbeat extension",
        "Nothing in mail needs it, and it is the place where OpenSSL once leaked its memory (Heartbleed). We didn't "
        "try whether this server does.",
        _UPDATE,
        "RFC 9325 section 4.6",
        "TLS-23",
        "TLS-30",
    ),
    _serious(
        "tls-plaintext-injection",
        4,
        "{host} obeys commands sent before encryption began",
        "It kept what stood behind STARTTLS in clear text and obeyed it inside TLS. So somebody in between can put "
        "commands into a sender's session (CVE-2011-0411).",
        "Update the mail server: every current one throws away what comes before the handshake.",
        "RFC 3207 section 4.2",
        "SMTP-18",
    ),
    _advice(
        "tls-sha1-signatures",
        1,
        "{host} signs handshakes with SHA-1",
        "Asked for nothing better, it signed its part of the handshake with SHA-1 or MD5, which can be forged at great "
        "cost.",
        "Update the TLS library, and take “@SECLEVEL=0” out of its settings and the mail server's.",
        "RFC 9155",
        "TLS-18",
    ),
    _advice(
        "tls-large-hello-fails",
        2,
        "{host} can't read a long greeting of TLS",
        "A first message that takes two packets got no proper answer. The newest senders send such ones, since keys "
        "that withstand quantum computers are long, and then fall back to clear text.",
        "Update what stands before the server: a firewall or a load balancer there reads only the first packet.",
        "RFC 8446 section 4.1.2",
        "TLS-6",
    ),
    _serious(
        "tls-name-insisted-on",
        4,
        "{host} encrypts only for senders that name it",
        "Without a server name in the first message (SNI) the handshake failed. Many senders send none, and then "
        "deliver in clear text.",
        "Give the server a certificate to show where no name is asked for.",
        "RFC 8461 section 7.1",
        "TLS-26",
    ),
    _advice(
        "tls-unknown-name-refused",
        1,
        "{host} breaks off when asked for a name that it doesn't know",
        "With an unknown server name in the first message (SNI) the handshake failed. A mail server must show its "
        "usual certificate then, since senders ask by different names.",
        "Give the server a certificate to show for names that it doesn't know.",
        "RFC 7672 section 8.1",
        "TLS-26",
    ),
    _note(
        "tls-anonymous-accepted",
        0,
        "{host} also encrypts without a certificate",
        "For senders that ask for nothing else it takes suites without a certificate (anonymous). Such senders check "
        "none anyway, so nothing is lost by it; some standards forbid it all the same.",
        "Nothing must be done. To meet such a standard, in Postfix: "
        '`postconf -e "smtpd_tls_exclude_ciphers = aNULL"`, then `postfix reload`.',
        "RFC 7672 section 8.2",
        "TLS-14",
    ),
    _note(
        "tls-cbc-without-encrypt-then-mac",
        0,
        "{host} uses CBC suites the old way",
        "Its CBC suites come without encrypt-then-MAC, which closes a leak by timing (Lucky Thirteen). Programs have "
        "other remedies against that, which can't be seen from here.",
        _UPDATE,
        "RFC 7366",
        "TLS-12",
        "TLS-30",
    ),
    _note(
        "tls-post-quantum-missing",
        0,
        "{host} has no key exchange that withstands quantum computers",
        "Of the groups with ML-KEM it took none. Whoever records the mail today may read it when a large quantum "
        "computer exists.",
        "Update the TLS library when it suits you: OpenSSL 3.5 and newer bring X25519MLKEM768 by themselves.",
        "RFC 8446 section 4.2.7",
        "TLS-16",
    ),
    _note(
        "tls-fallback-unprotected",
        0,
        "{host} doesn't notice when a sender is pushed to an old version",
        "It took an old version from a sender that said it had a newer one (TLS_FALLBACK_SCSV). That only matters "
        "while versions below TLS 1.2 are allowed.",
        "Allow TLS 1.2 and newer only, when you can.",
        "RFC 7507",
        "TLS-7",
    ),
    _note(
        "tls-client-renegotiation",
        0,
        "{host} lets senders begin a handshake anew",
        "Inside TLS 1.2 or older it completed a second handshake that we began. That is allowed, but no sender needs "
        "it, and a handshake costs the server more than the sender: it is a lever to keep the server busy.",
        'In Postfix: `postconf -e "tls_ssl_options = NO_COMPRESSION, NO_RENEGOTIATION"`, then `postfix reload`. '
        "OpenSSL 3 refuses by itself unless told otherwise.",
        "RFC 9325 section 3.5",
        "TLS-21",
    ),
    Entry(
        code="tls-not-all-known",
        severity=Severity.UNKNOWN,
        title="All that the TLS of {host} takes",
        detail="{why}",
        who=Who.NOBODY,
        reference="RFC 9325 section 3.1.1",
    ),
    Entry(
        code="tls-post-quantum",
        severity=Severity.GOOD,
        title="{host} has a key exchange that withstands quantum computers",
        detail="It agrees on keys with ML-KEM, so what is recorded today stays closed.",
        who=Who.NOBODY,
        reference="RFC 8446 section 4.2.7",
        requirements=("TLS-16",),
    ),
    Entry(
        code="tls-nothing-weak",
        severity=Severity.GOOD,
        title="{host} refuses all that is old or broken",
        detail="Asked for nothing but old versions or broken ciphers, it broke off each time.",
        who=Who.NOBODY,
        reference="RFC 9325 section 4.1",
        requirements=("TLS-1", "TLS-2", "TLS-3", "TLS-8", "TLS-9", "TLS-14", "TLS-19"),
    ),
)
