"""What a tool says of a server's TLS, in one form for all of them, and where two of them differ.

The one rule of this file: what a tool doesn't tell is null, and null differs from nothing.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from checker.tls.facts import Inventory
from checker.tls.registry import GROUPS, VERSIONS, suite_name

_TESTSSL_VERSIONS = {"SSLv2": "SSLv2", "SSLv3": "SSLv3", "TLS1": "TLSv1.0"} | {
    f"TLS1_{minor}": f"TLSv1.{minor}" for minor in (1, 2, 3)
}
_TESTSSL_SUITE = re.compile(r"cipher-(?P<version>\w+?)_x(?P<code>[0-9a-f]+)")
_SSLYZE_VERSIONS = {
    "ssl_2_0": "SSLv2",
    "ssl_3_0": "SSLv3",
    **{f"tls_1_{minor}": f"TLSv1.{minor}" for minor in range(4)},
}
_OPENSSL_NAMES = {"x25519": "X25519", "x448": "X448", "secp256r1": "prime256v1", "secp192r1": "prime192v1"}
_AT_ONCE = 8  # of OpenSSL's clients
_FACTS = [field.name for field in fields(Inventory) if field.type == bool | None]


@dataclass(frozen=True, slots=True)
class Findings:
    """Versions that are taken, suites by version, groups in any version. Null: the tool doesn't tell."""

    versions: frozenset[str] | None = None
    suites: Mapping[str, frozenset[str]] | None = None
    groups: frozenset[str] | None = None


def of_inventory(inventory: Inventory) -> Findings:
    """What Mailseal found; suites and groups where all were asked."""
    suites = {listed.version: frozenset(listed.suites) for listed in inventory.suites}
    return Findings(
        versions=frozenset(inventory.accepted_versions) if inventory.are_versions_known else None,
        suites=suites if inventory.are_suites_complete else None,
        groups=frozenset((*inventory.groups, *inventory.old_groups)) if inventory.are_all_groups_known else None,
    )


def of_testssl(printed: Path) -> Findings:
    """The JSON of ``testssl -p -E``. Its list of curves knows neither ffdhe nor post-quantum groups, so it is left."""
    told = {each["id"]: each["finding"] for each in json.loads(printed.read_text())}
    versions = frozenset(name for key, name in _TESTSSL_VERSIONS.items() if told.get(key, "").startswith("offered"))
    suites: dict[str, set[str]] = {version: set() for version in versions}
    for found in filter(None, map(_TESTSSL_SUITE.fullmatch, told)):
        number = found["version"].removeprefix("ssl").removeprefix("v")
        version = f"SSLv{number}" if number.isdigit() else _TESTSSL_VERSIONS[found["version"].replace("tls", "TLS")]
        suites.setdefault(version, set()).add(suite_name(int(found["code"], 16)))
    return Findings(versions, {version: frozenset(names) for version, names in suites.items()})


def of_sslyze(printed: Path) -> Findings:
    """The JSON of ``sslyze``; where it could not connect nothing is told."""
    (server,) = json.loads(printed.read_text())["server_scan_results"]
    told: dict[str, Any] = server["scan_result"] or {}
    results = {name: told.get(f"{key}_cipher_suites", {}).get("result") for key, name in _SSLYZE_VERSIONS.items()}
    if not any(results.values()):
        return Findings()
    names = {
        version: frozenset(suite["cipher_suite"]["name"] for suite in result["accepted_cipher_suites"])
        for version, result in results.items()
        if result and result["accepted_cipher_suites"]
    }
    curves = (told.get("elliptic_curves", {}).get("result") or {}).get("supported_curves")
    groups = None if curves is None else frozenset(_iana_group(curve["name"]) for curve in curves)
    return Findings(frozenset(names), names, groups)


def openssl_groups(address: str, port: int) -> frozenset[str]:
    """The groups that ``openssl s_client`` shakes hands with, where it has no other to fall back on."""
    names = [group.name for group in GROUPS.values()]
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        shaken = workers.map(lambda name: _shakes_hands(address, port, name), names)
        return frozenset(name for name, is_so in zip(names, shaken, strict=True) if is_so)


def _shakes_hands(address: str, port: int, group: str) -> bool:
    own = _OPENSSL_NAMES.get(group, group)
    command = ["openssl", "s_client", "-connect", f"{address}:{port}", "-starttls", "smtp", "-groups", own]
    for version in (["-tls1_3"], ["-tls1_2", "-cipher", "ECDHE:@SECLEVEL=0"]):
        done = subprocess.run([*command, *version], input=b"QUIT\n", capture_output=True, check=False, timeout=60)
        if done.returncode == 0:
            return True
    return False


def differences(one: Findings, other: Findings) -> Iterator[str]:
    """Where both tell something and it isn't the same, as lines like ``suites TLSv1.2 +A -B``: the second has A too."""
    if one.versions is not None and other.versions is not None:
        yield from _line("versions", one.versions, other.versions)
    if one.suites is not None and other.suites is not None:
        for version in VERSIONS:
            none = frozenset[str]()
            yield from _line(f"suites {version}", one.suites.get(version, none), other.suites.get(version, none))
    if one.groups is not None and other.groups is not None:
        yield from _line("groups", one.groups, other.groups)


def contradictions(verdict: Inventory, deep: Inventory) -> Iterator[str]:
    """What one says and the other denies. That one knows more is none."""
    for name, (said, denied) in {
        "versions": (verdict.accepted_versions, deep.rejected_versions),
        "versions of deep": (deep.accepted_versions, verdict.rejected_versions),
        "kinds": (verdict.accepted_kinds, deep.rejected_kinds),
        "kinds of deep": (deep.accepted_kinds, verdict.rejected_kinds),
    }.items():
        if both := set(said) & set(denied):
            yield f"{name}: {', '.join(sorted(both))}"
    for name in (*_FACTS, "preference", "dh_bits", "dh_prime"):
        first, second = getattr(verdict, name), getattr(deep, name)
        if first is not None and second is not None and first != second:
            yield f"{name}: {first}, and {second}"
    for listed in verdict.suites:
        complete = {version.version: version.suites for version in deep.suites if version.is_complete}
        if more := set(listed.suites) - set(complete.get(listed.version, listed.suites)):
            yield f"suites of {listed.version}: {', '.join(sorted(more))}"
    for listed_groups, whole, is_whole in (
        (verdict.groups, deep.groups, deep.groups_complete),
        (verdict.old_groups, deep.old_groups, deep.old_groups_complete),
    ):
        if is_whole and (more := set(listed_groups) - set(whole)):
            yield f"groups: {', '.join(sorted(more))}"


def _line(what: str, one: frozenset[str], other: frozenset[str]) -> Iterator[str]:
    if one != other:
        signs = [*(f"+{name}" for name in sorted(other - one)), *(f"-{name}" for name in sorted(one - other))]
        yield f"{what} {' '.join(signs)}"


def _iana_group(name: str) -> str:
    return {own: iana for iana, own in _OPENSSL_NAMES.items()}.get(name, name)
