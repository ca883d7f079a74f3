"""Which command shows which finding about MX records, mail servers and their certificates, and what to look for.

The one rule of this file: a sentence names what the program prints, as it prints it, or says what is missing there.
"""

from collections.abc import Mapping

from checker.remedies.command_kinds import (
    ADDRESSES,
    ADDRESSES_UNCHECKED,
    ANY_SUITE,
    DIALOGUE,
    DIALOGUE_IN_TLS,
    LEAF,
    MX,
    MX_STATUS,
    MX_UNCHECKED,
    NIST_SUITES,
    TLS,
    TLS_1_2,
    TLS_1_3,
    Group,
    Shown,
    group,
)

_EACH_LINE = "Each line is a preference and the name of a mail server"
_NO_SERVER = "No line with “220” and no list of extensions comes back."
_NO_TLS = "It ends with an error, and says “Cipher is (NONE)” or “no peer certificate available”."
_NOT_PROVEN = "“Verify return code” near the end is not 0, or no TLS comes about at all."
_COMPARE = "Compare what the addresses of this server print."
_CIPHER = "The line with “Cipher is” names the suite that the server chose"
_DATES = "The lines “notBefore=” and “notAfter=” say from when until when the certificate is valid."
_NAMES = "The names behind “DNS:” are those that the certificate is for; the server's own is not among them."
_CHAIN = "“Certificate chain” lists what the server sends: of each certificate its own name (s:) and its issuer's (i:)."

GROUPS: tuple[Group, ...] = (
    group(
        MX,
        {
            "mx-published": f"{_EACH_LINE}.",
            "mx-implicit": "It prints nothing: there is no MX record.",
            "mx-none": "It prints nothing: there is no MX record.",
            "mx-null": "It prints “0 .”, which says: no mail here.",
            "mx-null-form": f"{_EACH_LINE}; a single dot must stand alone, behind a 0.",
            "mx-null-beside-others": f"{_EACH_LINE}; one of them is a single dot.",
            "mx-target-is-address": f"{_EACH_LINE}; one holds an address in its place.",
            "mx-target-unusable": f"{_EACH_LINE}, and must be a full one.",
            "mx-target-syntax": f"{_EACH_LINE}; one holds other characters than letters, digits and hyphens.",
            "mx-no-usable-host": f"{_EACH_LINE}; none of them has an address.",
            "mx-single": "It prints one line: one mail server.",
            "mx-shared-address": f"{_EACH_LINE}; look up their addresses to see the same one twice.",
            "mx-no-ipv6": f"{_EACH_LINE}; none of them has an AAAA record.",
            "server-decoy": f"{_EACH_LINE}; the highest number comes last.",
            "servers-all-dead": f"{_EACH_LINE}; none of them answers on port 25.",
            "port-25-unknown": f"{_EACH_LINE}. Try one with “curl -v smtp://NAME:25” from a network with port 25 open.",
            "servers-not-determined": f"{_EACH_LINE}.",
        },
    ),
    group(
        MX_STATUS,
        {
            "mx-no-such-domain": "The first line says “status: NXDOMAIN”: there is no such name.",
            "mx-look-up-failed": "The first line says “status: SERVFAIL”, or no answer comes.",
            "mx-bogus": "From a resolver that checks signatures, the first line says “status: SERVFAIL”.",
            "mx-alias-loop": "The CNAME lines lead in a circle, or to nothing.",
            "mx-alias-dangling": "“status: NXDOMAIN” stands beside a CNAME line: what it names does not exist.",
            "mx-domain-is-alias": "A CNAME line stands before the MX records.",
        },
    ),
    group(MX_UNCHECKED, {"mx-bogus": "Without the check (“+cd”) the same resolver gives the answer."}),
    group(
        ADDRESSES,
        {
            "mx-target-is-alias": "A CNAME line stands before the addresses: the name is an alias.",
            "mx-host-does-not-exist": "It says “status: NXDOMAIN”: there is no such name.",
            "mx-host-without-address": "It says “status: NOERROR” and prints neither an A nor an AAAA line.",
            "mx-host-bogus": "From a resolver that checks signatures it says “status: SERVFAIL”.",
            "mx-host-alias-loop": "The CNAME lines lead in a circle, or to nothing.",
            "mx-host-look-up-failed": "It says “status: SERVFAIL”, or no answer comes.",
            "mx-address-not-public": "Among the A and AAAA lines is an address that only one network knows.",
            "server-address-dead": "Each A and AAAA line is an address that senders try.",
            "server-ipv6-dead": "The AAAA lines are the addresses that senders try first.",
            "server-not-determined": "Each A and AAAA line is an address that senders try.",
        },
    ),
    group(ADDRESSES_UNCHECKED, {"mx-host-bogus": "Without the check (“+cd”) the same resolver gives the answer."}),
    group(
        DIALOGUE,
        {
            "smtp-refused": "It says “Connection refused”.",
            "smtp-no-answer": "Nothing happens until it says “timed out”.",
            "smtp-unreachable": "It says “No route to host” or “Network is unreachable”.",
            "smtp-cut-off": "The connection ends before the server has answered: there is no “250” line.",
            "smtp-silent": "After the last line that it prints nothing comes until the time is up.",
            "smtp-bad-reply": "A line from the server (“<”) does not begin with three digits, or curl says “Weird”.",
            "smtp-unsteady": "It may end otherwise each time: run it some times.",
            "smtp-not-tested": "A “220” line and a list of extensions mean that the server answers.",
            "smtp-greeting-awaited": "It takes long until the line “< 220” comes, or it never does.",
            "smtp-greeting-slow": "Count the seconds between “Connected” and the line “< 220”.",
            "smtp-busy": "A line from the server (“<”) begins with a 4, such as “421”: not now.",
            "smtp-not-now": "A line from the server (“<”) may begin with a 4, such as “421”: not now.",
            "smtp-no-mail-service": "The first line from the server (“<”) begins with a 5, such as “554”.",
            "smtp-greeting-form": "In the line “< 220” no name follows the number.",
            "smtp-reply-form": "Each line from the server (“<”) should begin with three digits, then blank or hyphen.",
            "smtp-helo-only": "“EHLO” is answered with a 5, such as “502”, and “HELO” with “250”.",
            "smtp-ehlo-refused": "The line after “> EHLO” begins with a 4 or a 5.",
            "smtp-starttls-demanded": "The answer to “EHLO” begins with “530”.",
            "smtp-no-starttls": "Among the lines “< 250-…” after “> EHLO” there is no STARTTLS.",
            "smtp-starttls-masked": "Among the lines “< 250-…” one is a row of X where STARTTLS should be.",
            "smtp-login-in-clear": "Among the lines “< 250-…” one begins with AUTH, and no encryption has begun.",
            "smtp-requiretls-in-clear": "Among the lines “< 250-…” one is REQUIRETLS, and no encryption has begun.",
            "servers-all-dead": _NO_SERVER,
            "servers-not-determined": "A “220” line and a list of extensions mean that the server answers.",
            "server-dead": _NO_SERVER,
            "server-dead-others-unknown": _NO_SERVER,
            "server-decoy": _NO_SERVER,
            "server-address-dead": "A dead address gives no line with “220”; a live one does.",
            "server-ipv6-dead": "The IPv6 address gives no line with “220”; the IPv4 address does.",
            "starttls-on-some-addresses": "Look for STARTTLS among the lines “< 250-…”: some addresses lack it.",
            "server-not-determined": "A “220” line and a list of extensions mean that the server answers.",
        },
    ),
    group(
        DIALOGUE_IN_TLS,
        {
            "smtp-starttls-unavailable": "The line after “> STARTTLS” begins with “454”.",
            "smtp-starttls-fails": "The line after “> STARTTLS” does not begin with “220”, or nothing comes.",
            "smtp-works-inside-tls": "After “SSL connection using” comes a second “> EHLO”, and its answer.",
            "smtp-ehlo-tls-fails": "After “SSL connection using” the second “> EHLO” gets no “250”.",
            "smtp-tls-level-refused": "After “SSL connection using” a line from the server (“<”) begins with “554”.",
            "smtp-client-certificate": "TLS ends with an alert about a certificate: no second “> EHLO” is answered.",
            "smtp-starttls-inside-tls": "After the second “> EHLO”, the list still holds STARTTLS.",
            "smtp-requiretls": "After the second “> EHLO”, the list holds REQUIRETLS.",
        },
    ),
    group(
        TLS,
        {
            "smtp-bytes-after-go-ahead": "TLS fails with “wrong version number”: clear text comes in its place.",
            "tls-handshake-failed": _NO_TLS,
            "tls-handshake-unknown": "“Cipher is” with a name behind it means that TLS came about.",
            "tls-current": _CIPHER + ", and the version before it.",
            "tls-no-forward-secrecy": _CIPHER + ": its name does not begin with ECDHE, DHE or TLS_AES.",
            "certificate-wrong-name": "Near the end it says “Verify return code: 62 (hostname mismatch)”.",
            "certificate-self-signed": "“Verify return code” near the end says “self-signed certificate”.",
            "certificate-untrusted": "The line “Verify return code” near the end is not 0.",
            "certificate-unreadable": "It ends with an error about the certificate, such as “bad certificate”.",
            "certificate-chain-incomplete": f"{_CHAIN} The last issuer is not sent, and no root that senders know.",
            "certificate-chain-disordered": f"{_CHAIN} Each issuer should be the next one's own name.",
            "certificate-weak-key": f"{_CHAIN} “PKEY” names the kind and the length of its key.",
            "certificate-weak-signature": f"{_CHAIN} “sigalg” names how it is signed.",
            "certificate-good": "Near the end it says “Verify return code: 0 (ok)”.",
            "server-addresses-differ": _COMPARE,
            "server-certificates-differ": _COMPARE,
            "mta-sts-server-fails-policy": _NOT_PROVEN,
            "mta-sts-no-server-passes": _NOT_PROVEN,
            "mta-sts-testing-would-fail": "For a server that fails, “Verify return code” near the end is not 0.",
        },
    ),
    group(TLS_1_2, {"tls-version-old": "TLS 1.2 fails: an error comes, and “Cipher is (NONE)”."}),
    group(TLS_1_3, {"tls-1-3-missing": "TLS 1.3 fails: an error comes, and “Cipher is (NONE)”."}),
    group(
        ANY_SUITE,
        {
            "tls-anonymous-preferred": _CIPHER + ": it begins with ADH or AECDH, and no certificate is shown.",
            "tls-weak-cipher-chosen": _CIPHER + ". A current OpenSSL has no broken ones, and then none comes about.",
            "tls-3des-chosen": _CIPHER + ". A current OpenSSL has no 3DES, and then another is chosen, or none.",
        },
    ),
    group(NIST_SUITES, {"tls-no-nist-suite": "TLS fails: an error comes, and “Cipher is (NONE)”."}),
    group(
        LEAF,
        {
            "certificate-expired": _DATES,
            "certificate-not-yet-valid": _DATES,
            "certificate-ends-soon": _DATES,
            "certificate-wrong-name": _NAMES,
            "certificate-wildcard-too-wide": "A name behind “DNS:” is a star before a whole top-level domain.",
            "certificate-without-names": "No line with “DNS:” comes: the certificate names no server.",
        },
    ),
)
PREFIXES: Mapping[str, tuple[Shown, ...]] = {
    "mx-host-": (Shown(ADDRESSES, "“status:” and the A and AAAA lines are what senders get."),),
    "mx-": (Shown(MX, f"{_EACH_LINE}."),),
    "smtp-": (Shown(DIALOGUE, "“>” is what a sender says, “<” what the server answers."),),
    "tls-": (Shown(TLS, _CIPHER + ", or that there is none."),),
    "certificate-": (Shown(TLS, "“Verify return code” near the end says whether the certificate holds."),),
}
