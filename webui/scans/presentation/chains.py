"""The certificates of one server, each as a tree: the leaf, and who vouches for it, up to the last one sent."""

from collections.abc import Iterator
from dataclasses import dataclass

from checker.report.document import Report
from checker.report.document_servers import CertificateSection, ChainEntry, ServerSection
from webui.scans.presentation.certificates import CertificateCard, certificate_cards, trust_mark
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.times import day, parse_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One certificate of a chain. ``above``: the one that vouches for it, if it was sent."""

    name: str
    ends: str
    fingerprint: str
    above: "Branch | None" = None
    end: Mark | None = None  # how the chain ends here, at its last certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A leaf of the server, the addresses that present it, what it says, and its tree."""

    addresses: str
    card: CertificateCard
    tree: Branch | None


def chains(server: ServerSection, report: Report) -> tuple[Chain, ...]:
    """Each leaf once, in the order in which the addresses present them."""
    presented: dict[str, list[str]] = {}
    for endpoint in server["endpoints"]:
        for fingerprint in endpoint["certificates"]:
            presented.setdefault(fingerprint, []).append(endpoint["address"])
    cards = dict(zip(report["certificates"], certificate_cards(report), strict=True))
    return tuple(
        Chain(
            addresses=", ".join(addresses),
            card=cards[fingerprint],
            tree=_tree(report["certificates"][fingerprint]),
        )
        for fingerprint, addresses in presented.items()
        if fingerprint in cards
    )


def _tree(certificate: CertificateSection) -> Branch | None:
    """Built from the last one sent down to the leaf."""
    branch: Branch | None = None
    for link in reversed(certificate["chain"]):
        branch = Branch(
            name=link["subject"] or "unreadable",
            ends=f"to {day(parse_time(link['not_after']))}" if link["not_after"] else "",
            fingerprint=link["sha256"],
            above=branch,
            end=None if branch else _end(link, certificate),
        )
    return branch


def _end(last: ChainEntry, certificate: CertificateSection) -> Mark:
    issuer = last["issuer"] or "an unreadable name"
    signer = "itself" if issuer == last["subject"] else issuer
    words = {
        "ok": f"Signed by {signer}: a trusted authority stands behind it.",
        "unk": f"Signed by {signer}. Could not tell whether senders trust it.",
    }
    mark = trust_mark(certificate)
    return Mark(mark.tone, words.get(mark.tone, f"Signed by {signer}: no trusted authority was found behind it."))


def lines_of(branch: Branch | None, depth: int = 0) -> Iterator[str]:
    """The tree as indented text."""
    while branch is not None:
        yield f"{'  ' * depth}{branch.name}{f', {branch.ends}' if branch.ends else ''}"
        yield f"{'  ' * depth}sha256 {branch.fingerprint}"
        if branch.end:
            yield f"{'  ' * depth}{branch.end.words}"
        branch, depth = branch.above, depth + 1
