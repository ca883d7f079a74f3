"""Lines for the mail server's configuration that mend what was found in its SMTP and TLS.

For Postfix 3.6 and newer, and Exim 4.96 and newer. The one rule of this file: nothing here makes a server stricter than
a sender can bear without saying so, since a sender that finds no common TLS delivers in clear text.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.remedies.builder import Builder
from checker.remedies.remedy import Fix, Setting, Software
from checker.remedies.software import OWN, operated, software_of

MAIN_CF = "/etc/postfix/main.cf, then run: postfix reload"
_MAIN_CF_RESTART = "/etc/postfix/main.cf, then run: postfix stop; postfix start"
_MASTER_CF = "/etc/postfix/master.cf, then run: postfix reload"
LOCALMACROS = "/etc/exim4/conf.d/main/000_localmacros"
_EXIM = f"Exim's configuration file, above the first “begin” (Debian, Ubuntu: {LOCALMACROS}), then restart Exim"
_EXIM_OTHER = "Exim's configuration file, above the first “begin” (not on Debian and Ubuntu), then restart Exim"
_EXIM_DEBIAN = f"Debian, Ubuntu: {LOCALMACROS}, then run: systemctl restart exim4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines for one file or page."""

    software: Software
    where: str
    text: str

    @property
    def is_beside(self) -> bool:
        """They are for what stands before any mail server, such as a firewall."""
        return self.software not in OWN


def _postfix(*lines: str, where: str = MAIN_CF) -> Lines:
    return Lines(software="Postfix", where=where, text="\n".join(lines))


def _exim(*lines: str, where: str = _EXIM) -> Lines:
    return Lines(software="Exim", where=where, text="\n".join(lines))


_TLS_ON = (
    _postfix(
        "smtpd_tls_security_level = may",
        "smtpd_tls_chain_files = <your private key file>, <your certificate chain file>",
        "smtpd_tls_loglevel = 1",
    ),
    _exim(
        "tls_advertise_hosts = *",
        "tls_certificate = <your certificate chain file>",
        "tls_privatekey = <your private key file>",
        where=_EXIM_OTHER,
    ),
    _exim(
        "MAIN_TLS_ENABLE = yes",
        "MAIN_TLS_CERTIFICATE = <your certificate chain file>",
        "MAIN_TLS_PRIVATEKEY = <your private key file>",
        where=_EXIM_DEBIAN,
    ),
)
_ONCE = "# An option may stand here once: where it does already, join the two values."
_STRICTER = "# Senders that know nothing newer than TLS 1.1 deliver in clear text after this; few are left."
_EXIM_VERSIONS_AND_SUITES = _exim(
    _STRICTER,
    _ONCE,
    ".ifdef _HAVE_GNUTLS",
    "tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE",
    ".else",
    "tls_require_ciphers = DEFAULT:!aNULL:!RC4:!3DES",
    "openssl_options = +no_sslv2 +no_sslv3 +no_tlsv1 +no_tlsv1_1 +cipher_server_preference",
    ".endif",
)
_VERSIONS = (_postfix(_STRICTER, "smtpd_tls_protocols = >=TLSv1.2"), _EXIM_VERSIONS_AND_SUITES)
_SUITES = (
    _postfix(
        "smtpd_tls_ciphers = medium",
        "smtpd_tls_exclude_ciphers = aNULL, RC4, 3DES, MD5, DES",
        "tls_preempt_cipherlist = yes",
    ),
    _EXIM_VERSIONS_AND_SUITES,
)
_SUITES_AND_VERSIONS = (
    _postfix(
        _STRICTER,
        "smtpd_tls_protocols = >=TLSv1.2",
        "smtpd_tls_ciphers = medium",
        "smtpd_tls_exclude_ciphers = aNULL, RC4, 3DES, MD5, DES",
    ),
    _EXIM_VERSIONS_AND_SUITES,
)
_NO_SSL = (
    _postfix("smtpd_tls_protocols = >=TLSv1"),
    _exim(
        _ONCE,
        ".ifdef _HAVE_GNUTLS",
        "tls_require_ciphers = NORMAL:-VERS-SSL3.0",
        ".else",
        "openssl_options = +no_sslv2 +no_sslv3",
        ".endif",
    ),
)
_TLS_1_2_TOO = (
    _postfix("smtpd_tls_protocols = >=TLSv1.2"),
    _exim(
        _ONCE,
        ".ifdef _HAVE_GNUTLS",
        "tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
        ".else",
        "openssl_options = +no_sslv2 +no_sslv3 +no_tlsv1 +no_tlsv1_1",
        ".endif",
    ),
)
_NO_STATIC_KEYS = (
    _postfix(
        "# Senders that know nothing but RSA key exchange deliver in clear text after this; hardly any are left.",
        "smtpd_tls_ciphers = medium",
        "smtpd_tls_exclude_ciphers = aNULL, kRSA, RC4, 3DES, MD5, DES",
        "tls_preempt_cipherlist = yes",
    ),
    _exim(
        _ONCE,
        "# Senders that know nothing but RSA key exchange deliver in clear text after this; hardly any are left.",
        ".ifdef _HAVE_GNUTLS",
        "tls_require_ciphers = NORMAL:-RSA:%SERVER_PRECEDENCE",
        ".else",
        "tls_require_ciphers = DEFAULT:!aNULL:!kRSA:!RC4:!3DES",
        "openssl_options = +no_sslv2 +no_sslv3 +cipher_server_preference",
        ".endif",
    ),
)
_SERVER_ORDER = (
    _postfix("tls_preempt_cipherlist = yes"),
    _exim(
        _ONCE,
        ".ifdef _HAVE_GNUTLS",
        "tls_require_ciphers = NORMAL:%SERVER_PRECEDENCE",
        ".else",
        "openssl_options = +no_sslv2 +no_sslv3 +cipher_server_preference",
        ".endif",
    ),
)
_USUAL_CURVES = (
    _postfix("smtpd_tls_eecdh_grade = auto", "tls_eecdh_auto_curves = X25519, prime256v1, secp384r1, secp521r1"),
    _exim(
        _ONCE,
        ".ifdef _HAVE_GNUTLS",
        "tls_require_ciphers = NORMAL:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-FFDHE3072",
        ".else",
        "tls_eccurve = X25519:prime256v1:secp384r1",
        ".endif",
    ),
)
_LONG_DH = (
    _postfix("# Empty: the prime of 2048 bits that Postfix has built in", "smtpd_tls_dh1024_param_file ="),
    _exim("tls_dhparam = ffdhe3072"),
)
_NO_COMPRESSION_OR_RENEGOTIATION = (
    _postfix("tls_ssl_options = NO_COMPRESSION, NO_RENEGOTIATION"),
    _exim(
        _ONCE,
        ".ifndef _HAVE_GNUTLS",
        "openssl_options = +no_sslv2 +no_sslv3 +no_compression +no_renegotiation",
        ".endif",
    ),
)
_LISTEN = (
    _postfix("inet_interfaces = all", "inet_protocols = all", where=_MAIN_CF_RESTART),
    _postfix(
        "# This line must be there, or the one for postscreen:",
        "smtp      inet  n       -       n       -       -       smtpd",
        where=_MASTER_CF,
    ),
    _exim(
        "daemon_smtp_ports = 25",
        "local_interfaces = <; 0.0.0.0 ; ::0",
        "disable_ipv6 = false",
        where=_EXIM_OTHER,
    ),
    _exim(
        "dc_local_interfaces=''",
        where="Debian, Ubuntu: /etc/exim4/update-exim4.conf.conf, then run: systemctl restart exim4",
    ),
)
_MANY_CONNECTIONS = (
    _postfix(
        "# If the log says that there are too many connections:",
        "default_process_limit = 200",
        "smtpd_client_connection_count_limit = 50",
        "smtpd_client_connection_rate_limit = 0",
    ),
    _exim(
        "# If the log says that there are too many connections:",
        "smtp_accept_max = 200",
        "smtp_accept_max_per_host = 50",
        "smtp_accept_queue_per_connection = 100",
    ),
)
_GREET_SOON = (
    _postfix("# If postscreen makes strangers wait:", "postscreen_greet_wait = 4s"),
    _exim(
        "# Ask senders no identity before the greeting; take any “delay” out of the ACL of acl_smtp_connect too:",
        "rfc1413_query_timeout = 0s",
    ),
)
_NO_CLIENT_CERTIFICATE = (
    _postfix("smtpd_tls_req_ccert = no", "smtpd_tls_ask_ccert = no"),
    _exim("tls_verify_hosts =", where=_EXIM_OTHER),
    _exim("MAIN_TLS_VERIFY_HOSTS =", where=_EXIM_DEBIAN),
)
_PLAIN_PORT_25 = (
    _postfix("smtpd_tls_wrappermode = no", "# and in master.cf no “-o smtpd_tls_wrappermode=yes” under port 25"),
    _exim("tls_on_connect_ports = 465"),
)
_LOGIN_IN_TLS = (
    _postfix("smtpd_tls_auth_only = yes"),
    _exim("auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}"),
)
_NO_INSPECTION = (
    Lines(
        software="Cisco ASA",
        where="If the server is behind such a firewall: its configuration mode",
        text="policy-map global_policy\n class inspection_default\n  no inspect esmtp",
    ),
)
_BANNER = (
    _postfix("smtpd_banner = $myhostname ESMTP"),
    _exim("smtp_banner = $smtp_active_hostname ESMTP"),
)

LINES: Mapping[str, tuple[Lines, ...]] = {
    # Nothing answers at port 25
    "servers-all-dead": _LISTEN,
    "server-dead-others-unknown": _LISTEN,
    "server-ipv6-dead": _LISTEN,
    "smtp-refused": _LISTEN,
    # The dialogue
    "smtp-bad-reply": _PLAIN_PORT_25,
    "smtp-silent": _GREET_SOON,
    "smtp-greeting-slow": _GREET_SOON,
    "smtp-busy": _MANY_CONNECTIONS,
    "smtp-greeting-form": _BANNER,
    "smtp-login-in-clear": _LOGIN_IN_TLS,
    # STARTTLS
    "smtp-helo-only": _NO_INSPECTION,
    "smtp-starttls-masked": _NO_INSPECTION,
    "smtp-no-starttls": _TLS_ON,
    "smtp-starttls-unavailable": _TLS_ON,
    "smtp-starttls-fails": _TLS_ON,
    "starttls-on-some-addresses": _TLS_ON,
    "smtp-tls-level-refused": _SUITES_AND_VERSIONS,
    "smtp-client-certificate": _NO_CLIENT_CERTIFICATE,
    # TLS
    "tls-handshake-failed": _TLS_ON,
    "server-addresses-differ": _TLS_ON,
    "tls-no-nist-suite": _SUITES_AND_VERSIONS,
    "tls-version-old": _VERSIONS,
    "tls-anonymous-preferred": _SUITES,
    "tls-weak-cipher-chosen": _SUITES,
    "tls-3des-chosen": _SUITES,
    "tls-no-forward-secrecy": _SUITES,
    "tls-forward-secrecy-missing": _SUITES,
    "tls-sslv2-accepted": _NO_SSL,
    "tls-sslv3-accepted": _NO_SSL,
    "tls-old-versions-accepted": _VERSIONS,
    "tls-1-2-missing": _TLS_1_2_TOO,
    "tls-broken-suites-accepted": _SUITES,
    "tls-3des-accepted": _SUITES,
    "tls-static-keys-accepted": _NO_STATIC_KEYS,
    "tls-recommended-suites-missing": _SUITES,
    "tls-client-order": _SERVER_ORDER,
    "tls-weak-group": _USUAL_CURVES,
    "tls-usual-groups-missing": _USUAL_CURVES,
    "tls-dh-short": _LONG_DH,
    "tls-compression": _NO_COMPRESSION_OR_RENEGOTIATION,
    "tls-client-renegotiation": _NO_COMPRESSION_OR_RENEGOTIATION,
}


def settings(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The lines for the software that the finding's server runs, or words where an operator runs it."""
    software = software_of(judged, state)
    words = tuple(operated(each, judged, state) for each in software if each not in OWN)
    own = any(each in OWN for each in software)
    fitting = (lines for lines in LINES[judged.code] if lines.software in software or (own and lines.is_beside))
    return words + tuple(Setting(software=lines.software, where=lines.where, text=lines.text) for lines in fitting)


FIXES: Mapping[str, Builder] = dict.fromkeys(LINES, settings)
