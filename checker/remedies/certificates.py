"""Commands that get, renew and install a certificate on the mail server for the name that the MX record gives.

The one rule of this file: a command holds a host's name only if it is a proper one, for which a public authority
issues certificates; what a stranger wrote into DNS never reaches a shell.
"""

from collections.abc import Callable, Mapping
from functools import partial

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.remedies.builder import Builder
from checker.remedies.remedy import Fix, Setting, Software
from checker.remedies.server_settings import LOCALMACROS, MAIN_CF
from checker.remedies.software import OWN, operated, software_of
from checker.remedies.values import is_host_name

type Maker = Callable[[Software, str], tuple[Setting, ...]]
"""What to paste for a program and a host."""

_LIVE = "/etc/letsencrypt/live"
_RELOAD: Mapping[Software, str] = {"Postfix": "postfix reload", "Exim": "systemctl restart exim4"}
_EXIM_FILES = (
    "install -o root -g Debian-exim -m 640 {live}/{host}/privkey.pem /etc/exim4/exim.key && "
    "install -m 644 {live}/{host}/fullchain.pem /etc/exim4/exim.crt && "
)
# With MAIN_TLS_ENABLE Debian's Exim reads exim.crt and exim.key. Exim has given up root when it reads them.
_INSTALL: Mapping[Software, str] = {
    "Postfix": 'postconf -e "smtpd_tls_security_level = may" \\\n'
    '  "smtpd_tls_chain_files = {live}/{host}/privkey.pem, {live}/{host}/fullchain.pem"\n'
    "postfix reload\n",
    "Exim": "grep -q MAIN_TLS_ENABLE {macros} || echo 'MAIN_TLS_ENABLE = yes' >> {macros}\nsystemctl restart exim4\n",
}


def _renewed(software: Software, host: str) -> tuple[Setting, ...]:
    """The certificate is right but for its dates."""
    hook = _hook(software, host)
    return (
        _commands(software, host, "certbot", f'certbot renew --cert-name {host} --deploy-hook "{hook}"\n'),
        _commands(software, host, "acme.sh", f"acme.sh --renew -d {host} --force\n{_RELOAD[software]}\n"),
    )


def _issued(software: Software, host: str, options: str = "") -> tuple[Setting, ...]:
    """A new certificate from Let's Encrypt, which checks the name over port 80 of the mail server."""
    command = f'certbot certonly --standalone{options} -d {host} --deploy-hook "{_hook(software, host)}"\n'
    install = _INSTALL[software].format(host=host, live=_LIVE, macros=LOCALMACROS)
    return (_commands(software, host, "certbot, with port 80 open", command + install),)


def _whole_chain(software: Software, host: str) -> tuple[Setting, ...]:
    """The chain file holds the server's own certificate first, then each issuer's."""
    chain = "<your full chain file, such as certbot's fullchain.pem>"
    if software == "Postfix":
        text = f"smtpd_tls_chain_files = <your private key file>, {chain}\n"
        return (Setting(software=software, where=MAIN_CF, text=text),)
    where = "Exim's configuration file, then restart Exim (Debian, Ubuntu: MAIN_TLS_CERTIFICATE in 000_localmacros)"
    return (Setting(software=software, where=where, text=f"tls_certificate = {chain}\n"),)


def _hook(software: Software, host: str) -> str:
    files = _EXIM_FILES.format(host=host, live=_LIVE) if software == "Exim" else ""
    return files + _RELOAD[software]


def _commands(software: Software, host: str, program: str, text: str) -> Setting:
    paths = ", with Debian's paths" if software == "Exim" else ""
    return Setting(software=software, where=f"A root shell on {host} ({program}{paths})", text=text)


_STRONG_KEY = partial(_issued, options=" --key-type ecdsa --elliptic-curve secp256r1 --force-renewal")

MAKERS: Mapping[str, Maker] = {
    "certificate-expired": _renewed,
    "certificate-ends-soon": _renewed,
    "certificate-not-yet-valid": _issued,
    "certificate-wrong-name": _issued,
    "certificate-wildcard-too-wide": _issued,
    "certificate-without-names": _issued,
    "certificate-self-signed": _issued,
    "certificate-untrusted": _issued,
    "certificate-unreadable": _issued,
    "certificate-weak-key": _STRONG_KEY,
    "certificate-weak-signature": _issued,
    "certificate-chain-incomplete": _whole_chain,
    "certificate-chain-disordered": _whole_chain,
}


def certificates(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """What to paste for the software that the finding's server runs, or words where an operator runs it."""
    return tuple(fix for software in software_of(judged, state) for fix in _for(software, judged, state))


def _for(software: Software, judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    if software not in OWN:
        return (operated(software, judged, state),)
    host = judged.subject.host
    return MAKERS[judged.code](software, host) if host is not None and is_host_name(host) else ()


FIXES: Mapping[str, Builder] = dict.fromkeys(MAKERS, certificates)
