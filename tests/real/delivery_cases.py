"""Mail domains to deliver to: each a list of servers, and perhaps an MTA-STS policy, one a situation.

The one rule of this file: it is data. What a sender does there is for Postfix and the simulation to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.authority import DAY
from tests.real.delivery_servers import SIGNED, SPOILT_MX, UNSIGNED, host_of
from tests.real.policy_lab import PLAIN_TEXT, Site, policy


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A mail domain. ``mx`` are names of servers in order of preference, or what stands in DNS, with a dot at its end.

    Without any, the domain has the address of the server ``at`` and these ``tlsa`` records, is an alias of another
    domain, or doesn't exist. ``only`` is the one level that is worth a mail; null: all. ``later`` is the text of the
    policy file when a second mail is sent, under the same id; empty: the file is gone.
    """

    mx: tuple[str, ...] = ("good",)
    at: str | None = None
    tlsa: tuple[str, ...] = ()
    alias_of: str | None = None
    policy: Site | None = None
    later: str | None = None
    zone: str = SIGNED
    only: str | None = None


def _text(*listed: str, mode: str = "enforce", max_age: int = 1209600) -> str:
    return policy(*map(host_of, listed), mode=mode, max_age=max_age, below="")


def _keeps(*mx: str, listed: tuple[str, ...] | None = None, mode: str = "enforce") -> Domain:
    """These servers, and a policy that lists them, or others."""
    return Domain(mx=mx, policy=Site(body=_text(*(mx if listed is None else listed), mode=mode)))


def _breaks(site: Site) -> Domain:
    """An enforced policy that its only server breaks: the mail waits where the policy counts, else it is encrypted."""
    return Domain(mx=("self-signed",), policy=site, only="mta-sts")


_BODY = _text("self-signed")
_CERTIFICATES = ("self-signed", "expired", "not-yet", "misnamed", "incomplete", "wildcard", "wide", "common-name")
_MORE_CERTIFICATES = ("for-clients", "weak-key", "anonymous")

_SERVERS: Mapping[str, Domain] = {
    "good": Domain(),
    **{name: Domain(mx=(name,)) for name in (*_CERTIFICATES, *_MORE_CERTIFICATES)},
    "plain": Domain(mx=("plain",)),
    "refuses": Domain(mx=("refuses",)),
    "no-suite": Domain(mx=("no-suite",)),
    "half-no-suite": Domain(mx=("half-no-suite",)),
    "old-tls": Domain(mx=("old",)),
    "turns-away": Domain(mx=("turns-away",)),
    "best-dead": Domain(mx=("dead", "good")),
    "best-plain": Domain(mx=("plain", "good")),
    "best-expired": Domain(mx=("expired", "good")),
    "best-turns-away": Domain(mx=("turns-away", "good")),
    "best-no-suite": Domain(mx=("no-suite", "good")),
    "best-no-suite-then-plain": Domain(mx=("no-suite", "plain")),
    "all-dead": Domain(mx=("dead",)),
    "half-dead": Domain(mx=("half-dead",)),
}
_DNS: Mapping[str, Domain] = {
    "implicit": Domain(mx=(), at="good"),
    "cname": Domain(mx=(), alias_of="best-dead"),
    "no-address": Domain(mx=("nowhere",)),
    "best-no-address": Domain(mx=("nowhere", "good")),
    "numeric": Domain(mx=("127.0.30.100.",)),
    "null-mx": Domain(mx=(".",)),
    "nxdomain": Domain(mx=()),
    "mx-bogus": Domain(zone=SPOILT_MX),
    "address-bogus": Domain(mx=("spoilt",)),
    "best-address-bogus": Domain(mx=("spoilt", "good")),
}
_PROMISES: Mapping[str, Domain] = {
    "enforced": _keeps("good"),
    "enforced-all": Domain(policy=Site(body=policy("*", below=f".{SIGNED}"))),
    "enforced-lent": _keeps("lent", listed=("lent", "good")),
    "enforced-beside": _keeps("both", listed=("good",)),
    "enforced-uncovered": _keeps("good", listed=("ee",)),
    "enforced-plain": _keeps("plain"),
    "enforced-expired": _keeps("expired"),
    "enforced-misnamed": _keeps("misnamed"),
    "enforced-wildcard": _keeps("wildcard"),
    "enforced-wide": _keeps("wide"),
    "enforced-common-name": _keeps("common-name"),
    "enforced-old-tls": _keeps("old"),
    "enforced-second": _keeps("self-signed", "good"),
    "enforced-best-dead": _keeps("dead", "good"),
    "enforced-ee": _keeps("ee"),
    "testing-fails": _keeps("self-signed", mode="testing"),
    "testing-uncovered": _keeps("good", listed=("ee",), mode="testing"),
    "mode-none": _keeps("self-signed", mode="none"),
}
_POLICY_FILES: Mapping[str, Domain] = {
    "policy-well": _breaks(Site(body=_BODY)),
    "policy-unix-lines": _breaks(Site(body=_BODY.replace("\r\n", "\n"))),
    "policy-extended": _breaks(Site(body=f"{_BODY}colour: green\r\n")),
    "policy-no-version": _breaks(Site(body=_BODY.replace("version: STSv1\r\n", ""))),
    "policy-version-last": _breaks(Site(body=f"{_BODY.replace('version: STSv1\r\n', '')}version: STSv1\r\n")),
    "policy-loud-mode": _breaks(Site(body=_BODY.replace("enforce", "Enforce"))),
    "policy-mode-twice": _breaks(Site(body=f"{_BODY}mode: none\r\n")),
    "policy-spaced": _breaks(Site(body=_BODY.replace("mode:", "mode :"))),
    "policy-no-max-age": _breaks(Site(body=_BODY.replace("max_age: 1209600\r\n", ""))),
    "policy-long-max-age": _breaks(Site(body=_text("self-signed", max_age=31557601))),
    "policy-no-mx": _breaks(Site(body=_text())),
    "policy-mac-lines": _breaks(Site(body=_BODY.replace("\r\n", "\r"))),
    "policy-blank-line": _breaks(Site(body=f"{_BODY}\r\n")),
    "policy-comment": _breaks(Site(body=f"# ours\r\n{_BODY}")),
    "policy-words": _breaks(Site(body=f"{_BODY}hello\r\n")),
    "policy-indented": _breaks(Site(body=_BODY.replace("mode:", " mode:"))),
    "policy-extended-empty": _breaks(Site(body=f"{_BODY}colour:\r\n")),
    "policy-extended-tab": _breaks(Site(body=f"{_BODY}colour: a\tb\r\n")),
    "policy-extended-name": _breaks(Site(body=f"{_BODY}our colour: green\r\n")),
    "policy-digits": _breaks(Site(body=_BODY.replace("1209600", "00001209600"))),
    "policy-dot": Domain(policy=Site(body=policy("mx-good", below=f".{SIGNED}.")), only="mta-sts"),
    "policy-dot-first": Domain(policy=Site(body=policy("", below=f".{SIGNED}")), only="mta-sts"),
    "policy-marked": _breaks(Site(body=f"\ufeff{_BODY}")),
    "policy-html-type": _breaks(Site(body=_BODY, answer="default_type text/html;")),
    "policy-no-type": _breaks(Site(body=_BODY, answer='types { } default_type "";')),
    "policy-utf8": _breaks(Site(body=_BODY, answer=f"{PLAIN_TEXT} charset utf-8;")),
    "policy-not-found": _breaks(Site(body=_BODY, answer="return 404;")),
    "policy-redirect": _breaks(
        Site(body=_BODY, answer=f"return 301 https://mta-sts.policy-well.{SIGNED}/.well-known/mta-sts.txt;")
    ),
    "policy-host-untrusted": _breaks(Site(body=_BODY, proves=lambda authority, host: authority.self_signed([host]))),
    "policy-host-expired": _breaks(Site(body=_BODY, proves=lambda authority, host: authority.issue([host], ends=-DAY))),
    "policy-host-misnamed": _breaks(Site(body=_BODY, proves=lambda authority, host: authority.issue([f"not-{host}"]))),
    "policy-host-nowhere": _breaks(Site(body=_BODY, has_address=False)),
    "policy-no-record": _breaks(Site(body=_BODY, record=None)),
    "policy-two-records": _breaks(Site(body=_BODY, record="v=STSv1; id=1;\nv=STSv1; id=2;")),
    "policy-no-id": _breaks(Site(body=_BODY, record="v=STSv1;")),
    "policy-odd-id": _breaks(Site(body=_BODY, record="v=STSv1; id=2026-01-01;")),
    "policy-small-record": _breaks(Site(body=_BODY, record="v=stsv1; id=1;")),
}
_KEPT: Mapping[str, Domain] = {
    "kept-loosened": replace(_breaks(Site(body=_BODY)), later=_text(mode="none")),
    "kept-file-gone": replace(_breaks(Site(body=_BODY)), later=""),
    "kept-relisted": replace(_keeps("good", listed=("ee",)), only="mta-sts", later=_text("good")),
    "kept-tightened": replace(_keeps("self-signed", mode="testing"), only="mta-sts", later=_BODY),
    "kept-switched-on": replace(_keeps("self-signed", mode="none"), only="mta-sts", later=_BODY),
}
_DANE: Mapping[str, Domain] = {
    "dane": Domain(mx=("ee",)),
    "dane-rollover": Domain(mx=("ee-next",)),
    "dane-whole": Domain(mx=("ee-whole",)),
    "dane-sha512": Domain(mx=("ee-sha512",)),
    "dane-weaker-digest": Domain(mx=("ee-weaker",)),
    "dane-expired": Domain(mx=("ee-expired",)),
    "dane-no-match": Domain(mx=("ee-other",)),
    "dane-plain": Domain(mx=("ee-plain",)),
    "dane-old-tls": Domain(mx=("ee-old",)),
    "dane-anonymous": Domain(mx=("ee-anonymous",)),
    "dane-refuses": Domain(mx=("ee-refuses",)),
    "dane-no-suite": Domain(mx=("ee-no-suite",)),
    "dane-half-dead": Domain(mx=("ee-half-dead",), only="dane"),
    "dane-half-other": Domain(mx=("ee-half-other",)),
    "dane-elliptic": Domain(mx=("ee-elliptic",)),
    "dane-rsa": Domain(mx=("ee-rsa",)),
    "dane-elsewhere": Domain(mx=("ee-elsewhere",)),
    "dane-astray": Domain(mx=("ee-astray",)),
    "dane-second": Domain(mx=("ee-other", "ee")),
    "dane-best-dead": Domain(mx=("dead", "ee")),
    "dane-best-bogus": Domain(mx=("bogus", "ee")),
    "dane-partial": Domain(mx=("expired", "ee")),
    "dane-unusable": Domain(mx=("unusable",)),
    "dane-unusable-plain": Domain(mx=("unusable-plain",)),
    "dane-mixed": Domain(mx=("mixed",)),
    "dane-bogus": Domain(mx=("bogus",)),
    "dane-undenied": Domain(mx=("undenied",)),
    "dane-insecure": Domain(mx=("open",), zone=UNSIGNED),
    "dane-open-host": Domain(mx=("open",)),
    "dane-host-only": Domain(mx=("ee",), zone=UNSIGNED),
    "dane-implicit": Domain(mx=(), at="self-signed", tlsa=("3 1 1 leaf",)),
    "dane-ta": Domain(mx=("ta",)),
    "dane-ta-misnamed": Domain(mx=("ta-misnamed",)),
    "dane-ta-expired": Domain(mx=("ta-expired",)),
    "dane-ta-domain": Domain(mx=("ta-domain",)),
    "dane-ta-cname": Domain(mx=(), alias_of="dane-ta-domain"),
    "dane-ta-open": Domain(mx=("ta-open",), zone=UNSIGNED),
    "dane-ta-common-name": Domain(mx=("ta-common-name",)),
    "dane-ta-wide": Domain(mx=("ta-wide",)),
    "dane-ta-not-sent": Domain(mx=("ta-not-sent",)),
    "dane-ta-in-dns": Domain(mx=("ta-in-dns",)),
    "dane-ta-key-in-dns": Domain(mx=("ta-key-in-dns",)),
    "dane-ta-other": Domain(mx=("ta-other",)),
    "dane-ta-and-ee": Domain(mx=("ta-and-ee",)),
    "dane-ta-itself-key": Domain(mx=("ta-itself-key",)),
    "dane-ta-itself-whole": Domain(mx=("ta-itself-whole",)),
    "dane-ta-itself": Domain(mx=("ta-itself",)),
    "dane-ta-leaf": Domain(mx=("ta-leaf",)),
    "dane-alias": Domain(mx=("alias",)),
    "dane-alias-own": Domain(mx=("alias-own",)),
    "dane-alias-first": Domain(mx=("alias-first",)),
    "dane-alias-final": Domain(mx=("alias-final",)),
    "dane-alias-out": Domain(mx=("alias-out",)),
    "dane-alias-in": Domain(mx=("alias-in",)),
    "dane-alias-ta": Domain(mx=("alias-ta",)),
}
DOMAINS: Mapping[str, Domain] = {**_SERVERS, **_DNS, **_PROMISES, **_POLICY_FILES, **_KEPT, **_DANE}


def name_of(domain: str) -> str:
    """The full name of one of ``DOMAINS``."""
    return f"{domain}.{DOMAINS[domain].zone}"
