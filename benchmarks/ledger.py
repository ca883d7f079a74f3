"""What became of the scans, from the database itself: ``python -m benchmarks.ledger watch`` and ``… read``.

The one rule of this file: the database counts, not the service. A trigger notes each time that a scan is written to
as finished, whoever does it, so a report that was ended twice or changed later is seen.
"""

import json
import os
import sys

import django

_TABLE = "CREATE TABLE bench_endings (scan_id varchar(40) NOT NULL)"
_ON_SQLITE = (
    "CREATE TRIGGER bench_ending AFTER UPDATE ON scans_scan WHEN NEW.state = 'finished' "
    "BEGIN INSERT INTO bench_endings VALUES (NEW.id); END",
)
_ON_POSTGRESQL = (
    "CREATE FUNCTION bench_note() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN INSERT INTO bench_endings VALUES (replace(NEW.id::text, '-', '')); RETURN NEW; END$$",
    "CREATE TRIGGER bench_ending AFTER UPDATE ON scans_scan FOR EACH ROW WHEN (NEW.state = 'finished') "
    "EXECUTE FUNCTION bench_note()",
)


def watch() -> None:
    """Let the database count endings from now on."""
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in (_TABLE, *(_ON_SQLITE if connection.vendor == "sqlite" else _ON_POSTGRESQL)):
            cursor.execute(statement)


def read() -> list[dict[str, object]]:
    """All scans, each with how often it ended."""
    from django.db import connection

    from webui.scans.models import Scan

    with connection.cursor() as cursor:
        cursor.execute("SELECT scan_id, count(*) FROM bench_endings GROUP BY scan_id")
        endings = dict(cursor.fetchall())
    return [
        {
            "id": str(scan.pk),
            "domain": scan.domain,
            "state": scan.state,
            "attempts": scan.attempts,
            "seconds": (scan.finished_at - scan.created_at).total_seconds() if scan.finished_at else None,
            "report_id": (scan.report or {}).get("id"),
            "report_state": (scan.report or {}).get("state"),
            "endings": endings.get(scan.pk.hex, 0),
        }
        for scan in Scan.objects.defer("facts")
    ]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")
    django.setup()
    if sys.argv[1] == "watch":
        watch()
    else:
        print(json.dumps(read()))
