"""The command lines that there are, as templates: dig, curl and openssl, as every Unix has them.

The one rule of this file: a command only looks. It sends no mail, logs in nowhere, and ends by itself.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A command line, as a template over quoted names (``commands.Target.fields``)."""

    template: str

    @property
    def needs(self) -> frozenset[str]:
        """The names that it can't do without."""
        return frozenset(name for _, name, _, _ in string.Formatter().parse(self.template) if name)


@dataclass(frozen=True, slots=True)
class Shown:
    """A command with what to look for in what it prints."""

    kind: Kind
    sentence: str


type Group = Mapping[str, tuple[Shown, ...]]

_DIG = "dig +noall +comments +answer "
_OPENSSL = "openssl s_client -starttls smtp -connect {to} -servername {host} -verify_hostname {host}"
_OPENSSL_WEB = "openssl s_client -connect {policy_to} -servername {policy_host} -verify_hostname {policy_host}"
_LEAF = " </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName"

MX = Kind("dig +short MX {domain}")
MX_STATUS = Kind(_DIG + "MX {domain}")
MX_UNCHECKED = Kind("dig +cd " + _DIG.removeprefix("dig ") + "MX {domain}")
ADDRESSES = Kind(_DIG + "{host} A {host} AAAA")
ADDRESSES_UNCHECKED = Kind("dig +cd " + _DIG.removeprefix("dig ") + "{host} A {host} AAAA")
MX_SIGNED = Kind(_DIG + "+dnssec MX {domain}")
TLSA = Kind(_DIG + "TLSA {tlsa}")
TLSA_UNCHECKED = Kind("dig +cd " + _DIG.removeprefix("dig ") + "TLSA {tlsa}")
CAA = Kind(_DIG + "CAA {host}")
ZONE_PARENT = Kind(_DIG + "+cd DS {zone}")
ZONE_KEYS = Kind(_DIG + "+cd +multiline DNSKEY {zone}")
ZONE_SIGNATURE = Kind(_DIG + "+cd +dnssec SOA {zone}")
DENIAL_PARAMETERS = Kind(_DIG + "+cd NSEC3PARAM {zone}")
RECORD = Kind(_DIG + "TXT {record}")
REPORTS = Kind(_DIG + "TXT {report_record}")
POLICY_ADDRESSES = Kind(_DIG + "{policy_host} A {policy_host} AAAA")
DIALOGUE = Kind("curl -sS -v --max-time 90 -X NOOP {smtp_url}")
DIALOGUE_IN_TLS = Kind("curl -sS -v --max-time 90 --ssl-reqd --insecure -X NOOP {smtp_url}")
TLS = Kind(_OPENSSL + " </dev/null")
TLS_1_2 = Kind(_OPENSSL + " -tls1_2 </dev/null")
TLS_1_3 = Kind(_OPENSSL + " -tls1_3 </dev/null")
OLD_VERSIONS = Kind(_OPENSSL + " -max_protocol TLSv1.1 -cipher 'ALL:@SECLEVEL=0' </dev/null")
OLD_SUITES = Kind(_OPENSSL + " -tls1_2 -cipher 'kRSA:kDH:3DES:RC4:eNULL:@SECLEVEL=0' </dev/null")
NO_CERTIFICATE = Kind(_OPENSSL + " -tls1_2 -cipher 'aNULL:@SECLEVEL=0' </dev/null")
CBC_SUITES = Kind(_OPENSSL + " -tls1_2 -cipher 'SHA1:SHA256:SHA384:!AESGCM:@SECLEVEL=0' </dev/null")
DH_SUITES = Kind(_OPENSSL + " -tls1_2 -cipher 'kDHE:!aNULL:@SECLEVEL=0' </dev/null")
NO_NAME = Kind("openssl s_client -starttls smtp -connect {to} -noservername </dev/null")
ANOTHER_NAME = Kind("openssl s_client -starttls smtp -connect {to} -servername unknown.invalid </dev/null")
POST_QUANTUM = Kind(_OPENSSL + " -tls1_3 -groups X25519MLKEM768 </dev/null")
ANY_SUITE = Kind(_OPENSSL + " -tls1_2 -cipher 'ALL:@SECLEVEL=0' </dev/null")
NIST_SUITES = Kind(
    _OPENSSL + " -cipher 'kEECDH+AES:kEDH+AES:!aNULL' -ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"
    " </dev/null"
)
LEAF = Kind(_OPENSSL + _LEAF)
DANE_TLS = Kind(
    "openssl s_client -starttls smtp -connect {to} -dane_tlsa_domain {base} -dane_ee_no_namechecks {records} </dev/null"
)
KEY_DIGEST = Kind(
    "openssl s_client -starttls smtp -connect {to} -servername {host} </dev/null 2>/dev/null | openssl x509 -noout "
    "-pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256"
)
POLICY = Kind("curl -sS -i --max-redirs 0 --max-time 60 {resolve}{url}")
POLICY_HEADER = Kind("curl -sS -D - -o /dev/null --max-redirs 0 --max-time 60 {resolve}{url}")
POLICY_TIME = Kind("curl -sS -o /dev/null -w '%{{time_total}} s\\n' --max-time 90 {resolve}{url}")
POLICY_OCTETS = Kind("curl -sS --max-time 60 {resolve}{url} | cat -vet")
POLICY_TLS = Kind(_OPENSSL_WEB + " </dev/null")
POLICY_LEAF = Kind(_OPENSSL_WEB + _LEAF)


DATES = "The lines “notBefore=” and “notAfter=” say from when until when the certificate is valid."
CHAIN = "“Certificate chain” lists what the server sends: of each certificate its own name (s:) and its issuer's (i:)."
NO_TLS = "It ends with an error, and says “Cipher is (NONE)” or “no peer certificate available”."
OTHER_NAME = "Near the end it says “Verify return code: 62 (hostname mismatch)”."
SELF_SIGNED = "“Verify return code” near the end says “self-signed certificate”."
SERVFAIL = "The first line says “status: SERVFAIL”, or no answer comes."
LOST_ALIAS = "“status: NXDOMAIN” stands beside a CNAME line: what it names does not exist."


def group(kind: Kind, sentences: Mapping[str, str]) -> Group:
    """The codes that one kind of command shows, each with what to look for."""
    return {code: (Shown(kind, sentence),) for code, sentence in sentences.items()}
