"""The API's own description, OpenAPI 3.1: what django-ninja reads from the endpoints, and what it can't see there.

The one rule of this file: formats and errors are described once, by the types and by ``problems.KINDS``.
"""

import json
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from ninja import NinjaAPI

from checker.report.document import json_schema
from webui import problems
from webui.problems import Kind

_EVERYWHERE = (problems.BAD_REQUEST, problems.WRONG_METHOD, problems.TOO_MANY, problems.BROKEN, problems.AWAY)
_ERRORS = {
    "orderScan": (
        *(problems.BAD_JSON, problems.BAD_TOKEN, problems.TRUSTED_ONLY, problems.DO_NOT_PROBE, problems.TOO_LARGE),
        *(problems.WRONG_MEDIA_TYPE, problems.BAD_DOMAIN, problems.BAD_FIELD, problems.TOO_SOON),
    ),
    "readScan": (problems.NO_REPORT, problems.BAD_FIELD),
    "deleteLink": (
        *(problems.BAD_JSON, problems.WRONG_SECRET, problems.NO_REPORT, problems.TOO_LARGE),
        *(problems.WRONG_MEDIA_TYPE, problems.BAD_FIELD),
    ),
}
_COMPONENTS = "#/components/schemas/"


@cache
def openapi_text(api: NinjaAPI) -> str:
    """The document, as JSON."""
    return json.dumps(openapi_document(api), indent=1, ensure_ascii=False)


def openapi_document(api: NinjaAPI) -> dict[str, Any]:
    """The whole description."""
    document: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
    document.pop("servers")  # the one that this was read from
    schemas = document["components"]["schemas"]
    schemas |= _report_schemas() | {"Problem": _PROBLEM}
    document["components"]["securitySchemes"] = {"trusted": _TRUSTED}
    for path in document["paths"].values():
        path.pop("head", None)  # as everywhere, the headers of GET
        for operation in path.values():
            _complete(operation)
    return document


def _report_schemas() -> dict[str, Any]:
    """The report's JSON Schema as components: the same definitions, in another place."""
    moved = json.loads(json.dumps(json_schema()).replace('"#/$defs/', f'"{_COMPONENTS}'))
    definitions: dict[str, Any] = moved.pop("$defs")
    moved.pop("$schema")
    return definitions | {"Report": moved}


def _complete(operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    responses = operation["responses"]
    if name in _GIVEN:
        media_type, schema = _GIVEN[name]
        responses["200"]["content"] = {media_type: {"schema": schema}}
    kinds = sorted((*_ERRORS.get(name, ()), *_EVERYWHERE), key=attrgetter("status"))
    for status, alike in groupby(kinds, key=attrgetter("status")):
        responses[str(status)] = _error(list(alike))
    if name == "orderScan":
        operation["security"] = [{}, {"trusted": []}]
        responses["202"]["headers"] = {"Location": _LOCATION}
        responses["202"]["content"]["application/json"]["example"] = ORDERED


def _error(kinds: list[Kind]) -> dict[str, Any]:
    examples = {kind.code: {"value": _example(kind)} for kind in kinds}
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": f"{_COMPONENTS}Problem"}, "examples": examples}}
    answer: dict[str, Any] = {"description": " Or: ".join(f"{kind.title}." for kind in kinds), "content": content}
    if kinds[0].status in (429, 503):
        answer["headers"] = {"Retry-After": _RETRY_AFTER}
    return answer


def _example(kind: Kind) -> dict[str, Any]:
    return {
        "type": f"https://check.example.org/api#{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.advice,
        "instance": "/api/v1/scans",
        **_MEMBERS.get(kind, {}),
    }


def _text(description: str, **more: str) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


ORDERED = {
    "token": "Kq1v0Zr9sTt2Wm4xYb6cDe8f",
    "domain": "example.org",
    "pasted": None,
    "joined": False,
    "deletion_secret": "hT3uJ5kL7mN9pQ1rS2vX4zA6",
    "urls": {
        "page": "https://check.example.org/r/Kq1v0Zr9sTt2Wm4xYb6cDe8f",
        "json": "https://check.example.org/r/Kq1v0Zr9sTt2Wm4xYb6cDe8f.json",
        "events": "https://check.example.org/r/Kq1v0Zr9sTt2Wm4xYb6cDe8f/events",
    },
}
_GIVEN: dict[str, tuple[str, dict[str, Any]]] = {
    "readScan": ("application/json", {"$ref": f"{_COMPONENTS}Report"}),
    "readSchema": ("application/schema+json", {"type": "object"}),
    "readOpenApi": ("application/json", {"type": "object"}),
}
_MEMBERS: dict[Kind, dict[str, Any]] = {
    problems.DO_NOT_PROBE: {"code": "do-not-probe"},
    problems.BAD_DOMAIN: {"code": "white-space"},
    problems.BAD_FIELD: {"errors": [{"pointer": "#/domain", "detail": "Field required."}]},
}
_LOCATION = {"description": "Where the scan can be read.", "schema": {"type": "string", "format": "uri"}}
_RETRY_AFTER = {"description": "In so many seconds.", "schema": {"type": "integer", "minimum": 1}}
_TRUSTED = {
    "type": "http",
    "scheme": "bearer",
    "description": "For callers that whoever runs the service trusts. Nobody else needs one.",
}
_FIELD_ERROR = {
    "type": "object",
    "properties": {
        "pointer": _text("A JSON pointer into the body (RFC 6901)."),
        "parameter": _text("Or the name of a parameter."),
        "detail": _text("What is wrong there."),
    },
    "required": ["detail"],
}
_PROBLEM = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457).",
    "type": "object",
    "properties": {
        "type": _text("The kind of problem, and where it is explained.", format="uri-reference"),
        "title": _text("The same for each problem of this kind."),
        "status": {"type": "integer", "description": "As in the answer's first line."},
        "detail": _text("What is wrong this time, and what to do."),
        "instance": _text("What was asked for.", format="uri-reference"),
        "code": _text("Of a bad domain: what is wrong with it."),
        "errors": {"type": "array", "description": "Of a bad field: each of them.", "items": _FIELD_ERROR},
    },
    "required": ["type", "title", "status", "detail", "instance"],
}
