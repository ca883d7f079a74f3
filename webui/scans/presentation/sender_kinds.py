"""Who sends so: software and services by name, the kind of sender that they are, and where that is written.

The one rule of this file: a name stands for a kind only with its source, and a kind without names stands for itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from checker.listing import joined
from checker.report.document import DeliveryEntry

_NAMED = 3  # senders that a row names

# kind: its name, and in a few words what it checks
_KINDS = {
    "opportunistic": ("A sender that encrypts when it can", "checks nothing, falls back to clear text"),
    "mandatory-tls": ("A sender that insists on encryption", "checks no certificate, never sends clear text"),
    "forced-tls": ("A sender with forced TLS", "sends only if every server of the domain encrypts"),
    "verified-tls": ("A sender that checks certificates", "against the server’s name, for which DNS alone vouches"),
    "mta-sts": ("A sender that obeys MTA-STS", "the domain’s own policy, met for the first time"),
    "mta-sts-cached": ("A sender with the MTA-STS policy cached", "remembers the policy from an earlier message"),
    "dane": ("A sender that obeys DANE", "certificates pinned in signed DNS"),
    "dane-mta-sts": ("A sender that obeys DANE and MTA-STS", "DANE decides where the domain has it, else the policy"),
}
# software that does otherwise where the standards leave it open
_READ_OTHERWISE = {
    "Postfix": ("A sender that encrypts when it can", "tries every server before it uses clear text where TLS failed"),
    "mox": ("A sender that obeys DANE and MTA-STS", "both must pass"),
    "Stalwart": ("A sender that obeys DANE and MTA-STS", "DANE decides, but the policy must list the server too"),
    "Exim": ("A sender that obeys DANE", "only where the MX record is signed too"),
}
_LENIENT = ("A sender that reads the policy leniently", "overlooks faults in the file")
_MTA_STS = {"mta-sts", "mta-sts-cached"}
_DANE = {"dane", "dane-mta-sts"}


@dataclass(frozen=True, slots=True)
class RealSender:
    """Software or a service that behaves so, and where and when that was read."""

    name: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """The names of a row, the kind beneath them, and all that is behind the names."""

    name: str
    kind: str
    real: tuple[RealSender, ...] = ()


def every_sender(deliveries: Sequence[DeliveryEntry]) -> Who:
    """All that there are."""
    return Who(name="Every sender", kind="whatever it checks", real=_real(deliveries))


def who(deliveries: Sequence[DeliveryEntry], together: str) -> Who:
    """Those that fare alike. ``together`` is what several kinds are called where nobody is known by name."""
    name, kind = _kind(list(dict.fromkeys(map(key, deliveries))), together)
    real = _real(deliveries)
    if not real:
        return Who(name=name, kind=kind)
    is_software = name in (delivery["variant"] for delivery in deliveries)
    return Who(name=_named([each.name for each in real]), kind=kind if is_software else f"{name}: {kind}", real=real)


def key(delivery: DeliveryEntry) -> str:
    """Its kind; a variant is the software that reads the standard otherwise."""
    variant = delivery["variant"]
    return delivery["sender"] if variant in (None, "best-down") else variant or ""


def _real(deliveries: Sequence[DeliveryEntry]) -> tuple[RealSender, ...]:
    """One of each kind, then the others: the first few names are to speak for all. None twice."""
    of_each = [
        [RealSender(each["name"], f"{each['source']}, {each['date']}") for each in delivery["real_senders"]]
        for delivery in deliveries
    ]
    in_turn = chain.from_iterable(zip_longest(*of_each))
    return tuple(dict.fromkeys(each for each in in_turn if each is not None))


def _named(names: Sequence[str]) -> str:
    """``Gmail, maddy and 4 more``. What stands in brackets is told with the source."""
    short = list(dict.fromkeys(name.partition(" (")[0] for name in names))
    return joined(short, _NAMED if len(short) > _NAMED + 1 else None)


def _kind(kinds: Sequence[str], together: str) -> tuple[str, str]:
    if len(kinds) == 1:
        return _of_one(kinds[0])
    if set(kinds) <= _MTA_STS:
        return "Senders that obey MTA-STS", "met for the first time, or with the policy cached"
    if set(kinds) <= _DANE:
        return "Senders that obey DANE", "certificates pinned in signed DNS, with MTA-STS or without"
    if set(kinds) <= _MTA_STS | _DANE:
        return "Senders that obey MTA-STS or DANE", "a policy or pinned certificates that the domain publishes"
    return together, "; ".join(_in_short(kinds))


def _of_one(kind: str) -> tuple[str, str]:
    if kind in _KINDS:
        return _KINDS[kind]
    name, checks = _READ_OTHERWISE.get(kind, _LENIENT)
    return (name, checks) if kind.startswith("lenient") else (kind, f"{name}: {checks}")


def _in_short(kinds: Iterable[str]) -> Iterator[str]:
    for kind in kinds:
        yield (
            (_KINDS[kind][0] if kind in _KINDS else kind).removeprefix("A sender that ").removeprefix("A sender with ")
        )
