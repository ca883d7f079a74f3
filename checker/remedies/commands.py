"""The command lines that show each finding, to be run by whoever doubts it: dig, curl and openssl.

The one rule of this file: nothing enters a command but proper names, addresses and ports of ours, each quoted for a
shell. A server whose name holds anything else has no command.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from shlex import quote

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.dane.facts import tlsa_name
from checker.dane.tlsa import written
from checker.mta_sts.facts import policy_host, policy_url, record_name
from checker.names import DomainName, IPAddress
from checker.network.ports import TlsaRecord
from checker.remedies import dnssec_command_words, policy_command_words, record_command_words, server_command_words
from checker.remedies.command_kinds import Group, Shown
from checker.remedies.remedy import Command
from checker.remedies.values import is_owner_name

SMTP, HTTPS = 25, 443
SERVERS_SHOWN = 3  # of a finding about all of them
_EACH_SERVER = frozenset(
    {
        "servers-all-dead",
        "servers-not-determined",
        "mta-sts-no-server-passes",
        "mta-sts-testing-would-fail",
        "mta-sts-fails-beside-dane",
    }
)
_EACH_ADDRESS = frozenset(
    {
        "server-address-dead",
        "server-ipv6-dead",
        "server-addresses-differ",
        "server-certificates-differ",
        "starttls-on-some-addresses",
    }
)
_EACH_NAMED = ("dane-", "caa-")  # likewise: of a finding about several names
_RECORDS_SHOWN, _RECORD_CHARACTERS = 4, 140  # a SHA-512 digest, and no full data
_OF_POLICY_HOST = "mta-sts-host-"  # how the codes begin
_GROUPS: tuple[Group, ...] = (
    *server_command_words.GROUPS,
    *policy_command_words.GROUPS,
    *record_command_words.GROUPS,
    *dnssec_command_words.GROUPS,
)
_BY_CODE: Mapping[str, tuple[Shown, ...]] = {
    code: tuple(chain.from_iterable(group[code] for group in _GROUPS if code in group))
    for code in dict.fromkeys(chain.from_iterable(_GROUPS))
}
# The longer beginning stands first.
_PREFIXES: Mapping[str, tuple[Shown, ...]] = {**policy_command_words.PREFIXES, **server_command_words.PREFIXES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a command asks about, already quoted, by the name that a template gives it. A missing one is empty;
    a missing ``zone`` is the domain's.

    ``address`` is the mail server's, ``web_address`` the policy host's: a finding is about one of them at most.
    ``base`` is where the server's TLSA ``records`` stand, those that count.
    """

    domain: DomainName
    host: str
    zone: str = ""
    address: IPAddress | None = None
    web_address: IPAddress | None = None
    base: DomainName | None = None
    records: tuple[TlsaRecord, ...] = ()

    def fields(self) -> dict[str, str]:
        """For ``str.format``; ``host`` and ``to`` only where the host's name can be pasted."""
        known = {
            "domain": quote(self.domain),
            "zone": quote(self.zone or self.domain),
            "record": quote(record_name(self.domain)),
            "report_record": quote(f"_smtp._tls.{self.domain}"),
            "policy_host": quote(policy_host(self.domain)),
            "url": quote(policy_url(self.domain)),
            "policy_to": quote(_at(self.web_address, policy_host(self.domain), HTTPS)),
            "resolve": self._resolve(),
        }
        if self.host:
            known |= {"host": quote(self.host), "to": quote(_at(self.address, self.host, SMTP))}
            known["smtp_url"] = quote(f"smtp://{_at(self.address, self.host, SMTP)}")
            known |= self._dane(self.base or DomainName(self.host))
        return known

    def _dane(self, base: DomainName) -> dict[str, str]:
        """``records`` only where there are some: a record is three numbers and hex."""
        if not _can_be_pasted(base):
            return {}
        texts = [text for record in self.records if len(text := written(record)) <= _RECORD_CHARACTERS]
        options = " ".join(f"-dane_tlsa_rrdata {quote(text)}" for text in texts[:_RECORDS_SHOWN])
        known = {"base": quote(base), "tlsa": quote(tlsa_name(base))}
        return known | {"records": options} if options else known

    def _resolve(self) -> str:
        """Makes curl ask this one address of the policy host."""
        if self.web_address is None:
            return ""
        return f"--resolve {quote(f'{policy_host(self.domain)}:{HTTPS}:{_bracketed(self.web_address)}')} "


def commands(judged: Judged, state: DomainState) -> tuple[Command, ...]:
    """What shows the finding; nothing where a name can't be pasted, or where there is nothing to see."""
    if not _can_be_pasted(state.facts.domain):
        return ()
    zone = str(judged.params.get("zone", ""))
    if zone and not _can_be_pasted(zone):
        return ()
    targets = (replace(target, zone=zone) for target in _targets(judged, state))
    made = (_command(shown, target) for target in targets for shown in shown_by(judged.code))
    return tuple(dict.fromkeys(command for command in made if command is not None))


def shown_by(code: str) -> tuple[Shown, ...]:
    """The commands of a code: its own, or else those of the codes that begin alike."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    return next((shown for prefix, shown in _PREFIXES.items() if code.startswith(prefix)), ())


def _targets(judged: Judged, state: DomainState) -> Iterator[Target]:
    host, servers, named = judged.subject.host, state.facts.servers, judged.params.get("hosts")
    if host is None and isinstance(named, list) and judged.code.startswith(_EACH_NAMED):
        yield from (_target(state, DomainName(name), None) for name in named[:SERVERS_SHOWN])
        return
    if judged.code in _EACH_SERVER:
        yield from (_target(state, server.host, None) for server in servers[:SERVERS_SHOWN])
    if judged.code in _EACH_ADDRESS:
        concerned = (endpoint for server in servers if server.host == host for endpoint in server.endpoints)
        yield from (_target(state, host, endpoint.address) for endpoint in concerned)
    else:
        is_web = judged.code.startswith(_OF_POLICY_HOST)
        yield _target(state, host, judged.subject.address, is_web=is_web)


def _target(state: DomainState, host: DomainName | None, address: IPAddress | None, *, is_web: bool = False) -> Target:
    name = host if host is not None and _can_be_pasted(host) else ""
    web_address, mail_address = (address, None) if is_web else (None, address)
    settled = next((server.dane.settled for server in state.servers if server.host == host), None)
    return Target(
        domain=state.facts.domain,
        host=name,
        address=mail_address,
        web_address=web_address,
        base=settled.base if settled else None,
        records=settled.usable if settled else (),
    )


def _command(shown: Shown, target: Target) -> Command | None:
    fields = target.fields()
    if not set(shown.kind.needs) <= fields.keys():
        return None
    return Command(text=shown.kind.template.format_map(fields), shows=shown.sentence)


def _can_be_pasted(name: str) -> bool:
    """A proper owner name that no program takes for an option."""
    return is_owner_name(name) and not name.startswith("-")


def _at(address: IPAddress | None, name: str, port: int) -> str:
    """Where to connect: the address that the finding is about, or else by name."""
    return f"{_bracketed(address) if address else name}:{port}"


def _bracketed(address: IPAddress) -> str:
    return f"[{address}]" if address.version == 6 else str(address)
