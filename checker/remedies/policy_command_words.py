"""Which command shows which finding about MTA-STS and TLS reports, and what to look for.

The one rule of this file: a sentence names what the program prints, as it prints it, or says what is missing there.
"""

from collections.abc import Mapping

from checker.remedies.command_kinds import (
    CHAIN,
    DATES,
    LOST_ALIAS,
    MX,
    NO_TLS,
    OTHER_NAME,
    POLICY,
    POLICY_ADDRESSES,
    POLICY_HEADER,
    POLICY_LEAF,
    POLICY_OCTETS,
    POLICY_TIME,
    POLICY_TLS,
    RECORD,
    REPORTS,
    SELF_SIGNED,
    SERVFAIL,
    Group,
    Shown,
    group,
)

_RECORD = "A TXT line that begins with “v=STSv1;” is the record"
_REPORTS = "A TXT line that begins with “v=TLSRPTv1;” is the record"
_STATUS = "The first line must say “200”"
_LINES = "The file follows the empty line"
_MODE = f"{_LINES}: what is behind “mode:” and “mx:” is what senders hold the mail servers to."
_SERVERS = "Each line is a mail server: all of them must stand behind an “mx:” of the file."
_OCTETS = "Each line of the file ends with “^M$”; every other “^” or “M-” is a character that should not be there"

GROUPS: tuple[Group, ...] = (
    group(
        RECORD,
        {
            "mta-sts-record-valid": f"{_RECORD}; its id stands behind “id=”.",
            "mta-sts-record-missing": "No line with “v=STSv1;” comes.",
            "mta-sts-record-several": "More than one line begins with “v=STSv1;”.",
            "mta-sts-record-invalid": f"{_RECORD}; compare it with “v=STSv1; id=20260101;”.",
            "mta-sts-record-unresolvable": "The first line says “status: SERVFAIL”.",
            "mta-sts-record-look-up-failed": SERVFAIL,
            "mta-sts-record-alias-dangling": LOST_ALIAS,
            "mta-sts-record-delegated": "A CNAME line stands before the TXT line.",
            "mta-sts-record-repeats-field": f"{_RECORD}; one of its fields stands there twice.",
            "mta-sts-record-foreign": "A TXT line comes, and does not begin with “v=STSv1;”.",
            "mta-sts-record-at-parent": "No line with “v=STSv1;” comes for the domain itself.",
            "mta-sts-id-reused": f"{_RECORD}; its id is still the one from before the file was changed.",
            "mta-sts-id-changed-alone": f"{_RECORD}; its id has changed, and the file has not.",
            "mta-sts-removed-while-cached": "No line with “v=STSv1;” comes any more.",
            "mta-sts-old-policy-cached": f"{_RECORD}; senders that know an older id ask for the file again.",
            "mta-sts-absent": "No line with “v=STSv1;” comes.",
            "mta-sts-absent-beside-dane": "No line with “v=STSv1;” comes.",
        },
    ),
    group(
        POLICY_ADDRESSES,
        {
            "mta-sts-host-missing": "Neither an A nor an AAAA line comes.",
            "mta-sts-host-unresolvable": "It says “status: SERVFAIL”.",
            "mta-sts-host-look-up-failed": SERVFAIL,
            "mta-sts-host-alias-dangling": LOST_ALIAS,
            "mta-sts-host-delegated": "A CNAME line stands before the addresses.",
            "mta-sts-host-address-not-public": "The A and AAAA lines hold no address that the Internet knows.",
            "mta-sts-host-family-dead": "Each A line is an IPv4 address, each AAAA line an IPv6 address.",
            "mta-sts-host-address-dead": "Each A and AAAA line is an address that senders ask.",
            "mta-sts-host-addresses-differ": "Each A and AAAA line is an address that senders ask.",
        },
    ),
    group(
        POLICY,
        {
            "mta-sts-host-good": f"{_STATUS}, and it does.",
            "mta-sts-host-refused": "It says “Connection refused” or “Couldn't connect”.",
            "mta-sts-host-silent": "Nothing comes until it says “timed out”.",
            "mta-sts-host-tls-fails": "It says that TLS failed, and nothing else comes.",
            "mta-sts-host-breaks-off": "It ends with an error of curl, such as “transfer closed”.",
            "mta-sts-host-family-dead": "Run it with -4 and with -6: over one of them no answer comes.",
            "mta-sts-host-redirects": f"{_STATUS}; it says “301” or another 3, and a line “Location:” follows.",
            "mta-sts-host-not-found": f"{_STATUS}; it says “404” or “410”.",
            "mta-sts-host-forbids": f"{_STATUS}; it says “401” or “403”.",
            "mta-sts-host-server-error": f"{_STATUS}; it says “500” or another 5.",
            "mta-sts-host-odd-status": f"{_STATUS}, and says another number.",
            "mta-sts-host-body-too-long": f"{_LINES}, and is longer than 65536 bytes.",
            "mta-sts-policy-valid": _MODE,
            "mta-sts-policy-is-html": f"{_LINES}, and is HTML: it begins with “<”.",
            "mta-sts-policy-empty": "Nothing follows the empty line.",
            "mta-sts-policy-without-mode": f"{_LINES}; no line says “mode: enforce”, “mode: testing” or “mode: none”.",
            "mta-sts-policy-without-mx": f"{_LINES}; no line in it begins with “mx:”.",
            "mta-sts-policy-mx-form": f"{_LINES}; look at what stands behind “mx:”.",
            "mta-sts-policy-repeats-key": f"{_LINES}; one of its keys stands there twice.",
            "mta-sts-policy-mx-twice": f"{_LINES}; one of its “mx:” lines stands there twice.",
            "mta-sts-policy-extensions": f"{_LINES}; some lines have other keys than version, mode, mx and max_age.",
            "mta-sts-mx-not-covered": _MODE,
            "mta-sts-no-mx-covered": _MODE,
            "mta-sts-server-fails-policy": _MODE,
            "mta-sts-listed-unused": _MODE,
            "mta-sts-testing-would-fail": _MODE,
            "mta-sts-no-server-passes": _MODE,
            "mta-sts-fails-beside-dane": _MODE,
            "mta-sts-old-policy-stops-mail": f"{_LINES}; senders may still hold the one from before.",
            "mta-sts-pattern-wildcard": f"{_LINES}; an “mx:” line begins with “*.”.",
            "mta-sts-policy-misspelt-key": f"{_LINES}; one of its keys is not version, mode, mx or max_age.",
            "mta-sts-testing": f"{_LINES}; it says “mode: testing”.",
            "mta-sts-max-age-before-enforce": f"{_LINES}; the seconds stand behind “max_age:”.",
            "mta-sts-testing-for-weeks": f"{_LINES}; it says “mode: testing”.",
            "mta-sts-none": f"{_LINES}; it says “mode: none”.",
            "mta-sts-enforced": f"{_LINES}; it says “mode: enforce”.",
            "mta-sts-pattern-broad": f"{_LINES}; an “mx:” line begins with “*.”.",
            "mta-sts-null-mx": _MODE,
            "mta-sts-id-reused": f"{_LINES}: compare it with the one from before.",
            "mta-sts-id-changed-alone": f"{_LINES}: it is the one from before.",
            "mta-sts-old-policy-cached": f"{_LINES}: it is the one that new senders get.",
        },
    ),
    group(
        POLICY_HEADER,
        {
            "mta-sts-host-media-type-html": "The line “Content-Type:” says “text/html”.",
            "mta-sts-host-media-type-wrong": "The line “Content-Type:” does not say “text/plain”.",
            "mta-sts-host-media-type-missing": "There is no line “Content-Type:”.",
            "mta-sts-host-compressed": "A line “Content-Encoding:” comes, though curl asked for none.",
            "mta-sts-host-cache-header": "The line “Cache-Control:” lets proxies keep the file.",
        },
    ),
    group(
        POLICY_OCTETS,
        {
            "mta-sts-policy-invalid": f"{_OCTETS}.",
            "mta-sts-policy-tolerated": f"{_OCTETS}, and an empty line is only “$” or “^M$”.",
            "mta-sts-policy-mx-form": f"{_OCTETS}.",
            "mta-sts-policy-line-ends": "Each line of the file ends with “$” alone, not with “^M$”.",
        },
    ),
    group(
        POLICY_TIME,
        {
            "mta-sts-host-slow": "The number is how many seconds the answer took.",
            "mta-sts-host-too-slow": "The number is how many seconds the answer took, or the time is up first.",
        },
    ),
    group(
        POLICY_TLS,
        {
            "mta-sts-host-tls-fails": NO_TLS,
            "mta-sts-host-tls-old": "The line with “Cipher is” names TLSv1 or TLSv1.1, or TLS fails.",
            "mta-sts-host-certificate-wrong-name": OTHER_NAME,
            "mta-sts-host-certificate-self-signed": SELF_SIGNED,
            "mta-sts-host-certificate-chain-incomplete": f"{CHAIN} The last issuer is not sent.",
            "mta-sts-host-certificate-untrusted": f"{CHAIN} “Verify return code” near the end is not 0.",
            "mta-sts-host-certificate-unreadable": "It ends with an error about the certificate.",
        },
    ),
    group(
        POLICY_LEAF,
        {
            "mta-sts-host-certificate-expired": DATES,
            "mta-sts-host-certificate-not-yet-valid": DATES,
            "mta-sts-host-certificate-ends-soon": DATES,
            "mta-sts-host-certificate-wrong-name": "The names behind “DNS:” are those that the certificate is for.",
        },
    ),
    group(
        MX,
        {
            "mta-sts-mx-not-covered": _SERVERS,
            "mta-sts-no-mx-covered": _SERVERS,
            "mta-sts-listed-unused": "Each line is a mail server: the file names another that is not among them.",
            "mta-sts-null-mx": "It prints “0 .”: no mail here.",
        },
    ),
    group(
        REPORTS,
        {
            "tls-rpt-valid": f"{_REPORTS}; the addresses for reports stand behind “rua=”.",
            "tls-rpt-absent": "No line with “v=TLSRPTv1;” comes.",
            "tls-rpt-missing-with-policy": "No line with “v=TLSRPTv1;” comes.",
            "tls-rpt-several": "More than one line begins with “v=TLSRPTv1;”.",
            "tls-rpt-invalid": f"{_REPORTS}; compare it with “v=TLSRPTv1; rua=mailto:you@example.org;”.",
            "tls-rpt-rua-unusable": f"{_REPORTS}; nothing behind “rua=” begins with “mailto:” or “https:”.",
            "tls-rpt-rua-partly-unusable": f"{_REPORTS}; not all behind “rua=” begin with “mailto:” or “https:”.",
            "tls-rpt-same-domain": f"{_REPORTS}; the addresses for reports stand behind “rua=”.",
            "tls-rpt-repeats-field": f"{_REPORTS}; one of its fields stands there twice.",
            "tls-rpt-unresolvable": "The first line says “status: SERVFAIL”.",
            "tls-rpt-look-up-failed": SERVFAIL,
            "tls-rpt-alias-dangling": LOST_ALIAS,
            "tls-rpt-delegated": "A CNAME line stands before the TXT line.",
            "tls-rpt-foreign": "A TXT line comes, and does not begin with “v=TLSRPTv1;”.",
        },
    ),
)
PREFIXES: Mapping[str, tuple[Shown, ...]] = {
    "mta-sts-record-": (Shown(RECORD, f"{_RECORD}."),),
    "mta-sts-host-certificate-": (Shown(POLICY_TLS, "“Verify return code” near the end is not 0."),),
    "mta-sts-host-": (Shown(POLICY, f"{_STATUS}; curl prints what is wrong."),),
    "mta-sts-max-age-": (Shown(POLICY, f"{_LINES}; the seconds stand behind “max_age:”."),),
    "mta-sts-": (Shown(POLICY, _MODE),),
    "tls-rpt-": (Shown(REPORTS, f"{_REPORTS}."),),
}
