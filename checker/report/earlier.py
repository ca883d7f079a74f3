"""Reports that earlier versions wrote and stored, with what the format has gained since.

Keys are added to format 1, never taken away, so nothing else changes. The one rule of this file: what nobody looked at
then is null, and empty where the format knows no null; a key that is there stays as it is.
"""

from checker.report.document import DeliveryEntry, Report
from checker.report.document_servers import ServerSection


def completed(report: Report) -> Report:
    """The report, changed in place."""
    report["mta_sts"].setdefault("dnssec", {"record": None, "host": None})
    report["mta_sts"].setdefault("caa", None)
    report["tls_rpt"].setdefault("dnssec", None)
    for server in report["servers"]:
        _complete_server(server)
    for delivery in report["deliveries"]:
        _complete_delivery(delivery)
    return report


def _complete_server(server: ServerSection) -> None:
    server.setdefault("caa", None)
    server["tlsa"].setdefault("error", None)
    for record in server["tlsa"]["records"] or ():
        record.setdefault("why", None)
    for endpoint in server["endpoints"]:
        endpoint["dane"].setdefault("why", None)


def _complete_delivery(delivery: DeliveryEntry) -> None:
    delivery.setdefault("real_senders", [])
    for message in delivery["messages"]:
        message.setdefault("code", "")
