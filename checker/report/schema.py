"""Keeps ``schema.json``, the JSON Schema of a report, as the types say. ``python -m checker.report.schema`` writes it.

The one rule of this file: the types in ``document`` decide; nobody edits the schema by hand.
"""

import json
from pathlib import Path

from checker.report.document import json_schema

SCHEMA_FILE = Path(__file__).with_name("schema.json")


def schema_text() -> str:
    """What the file must hold."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), "utf-8")
