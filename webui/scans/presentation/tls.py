"""Versions of TLS at one address, in a word."""

from collections.abc import Iterable

from checker.report.document_servers import EndpointSection, TlsSection, Version, Weakness
from webui.scans.presentation.marks import COULD_NOT_TELL, Mark

_MODERN: tuple[Version, ...] = ("TLSv1.3", "TLSv1.2")
_OLD: tuple[Version, ...] = ("TLSv1.1", "TLSv1.0", "SSLv3", "SSLv2")

_BROKEN: tuple[Weakness, ...] = ("null", "export", "rc4", "weak-group", "weak-dh")


def asked_instead(endpoint: EndpointSection, endpoints: Iterable[EndpointSection]) -> EndpointSection:
    """The address that was asked in place of one that shakes hands alike; itself where it was asked, or nobody was."""
    tls = endpoint["tls"]
    if tls is None or tls.get("asked") is not None:
        return endpoint
    alike = (other for other in endpoints if other["certificates"][:1] == endpoint["certificates"][:1])
    return next((other for other in alike if _stands_for(other["tls"], tls)), endpoint)


def _stands_for(other: TlsSection | None, tls: TlsSection) -> bool:
    return other is not None and other.get("asked") is not None and other["negotiated"] == tls["negotiated"]


def supports_tls_1_2(tls: TlsSection | None) -> bool | None:
    """TLS 1.2 or newer? We offer all versions, so an older one chosen means that the server has no newer one."""
    if tls is None:
        return None
    accepted = [tls["versions"].get(version) for version in _MODERN]
    negotiated = tls["negotiated"]
    if True in accepted or (negotiated and negotiated["version"] in _MODERN):
        return True
    return False if negotiated or accepted == [False, False] else None


def tls_mark(tls: TlsSection | None) -> Mark:
    """The best version, with what is wrong with it."""
    if tls is None or tls["negotiated"] is None:
        return COULD_NOT_TELL
    best = _short(tls["negotiated"]["version"])
    if tls["nist"] is False:
        return Mark("bad", "weak cipher", f"TLS {best}")
    if not supports_tls_1_2(tls):
        return Mark("bad", "too old", f"TLS {best}")
    old = [_short(version) for version in reversed(_OLD) if tls["versions"].get(version)]
    if old:
        return Mark("warn", best, f"{', '.join(old)} too")
    if any(tls["weaknesses"].get(weakness) for weakness in _BROKEN):
        return Mark("warn", best, "weak ones too")
    others = [_short(v) for v in _MODERN if tls["versions"].get(v) and v != tls["negotiated"]["version"]]
    return Mark("ok", best, f"{', '.join(others)} too" if others else "")


def _short(version: str) -> str:
    return version.removeprefix("TLSv")
