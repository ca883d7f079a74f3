"""Asks DNS where a domain wants reports about TLS (RFC 8460 section 3).

The one rule of this file: the addresses in the record are read and never asked for anything.
"""

from checker.answers import look_up_txt, too_long
from checker.names import DomainName
from checker.network.ports import Network
from checker.observation import Failed
from checker.tls_rpt.facts import TlsRptFacts, record_name
from checker.tls_rpt.record import read_record

_VERSION = "v=TLSRPTv1"


async def look_up_record(domain: DomainName, network: Network) -> TlsRptFacts:
    """The TXT record, read."""
    answer = await look_up_txt(record_name(domain), _VERSION, network)
    if isinstance(answer, Failed):
        return TlsRptFacts(answer=answer, status="failed")
    reading = read_record(answer.value.records)
    if cut := too_long(answer.value.records, _VERSION, "RFC 8460 section 3"):
        return TlsRptFacts(answer=answer, status="invalid", defects=(*reading.defects, *cut))
    return TlsRptFacts(answer=answer, status=reading.status, record=reading.record, defects=reading.defects)
