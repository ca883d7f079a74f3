"""The API describes itself: a valid OpenAPI 3.1 document, that has every address, error and format that there is."""

import json
from typing import Any

import jsonschema
import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from checker.report.document import json_schema
from tests.report_examples import EXAMPLES
from webui.problems import KINDS

METHODS = {"/api/v1/scans": {"post"}, "/api/v1/scans/{token}": {"get", "delete"}}


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    """As it is served."""
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Cache-Control"] == "public, max-age=3600"
    return answer.json()  # type: ignore[no-any-return]


def test_it_is_valid(document: dict[str, Any]) -> None:
    """By the specification's own schema, with every reference resolved."""
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_it_has_every_address(document: dict[str, Any]) -> None:
    """None is missing, none is there by mistake."""
    found = {path: set(operations) for path, operations in document["paths"].items()}
    assert found == METHODS | {"/api/v1/schema": {"get"}, "/api/v1/openapi.json": {"get"}}


def test_it_has_every_kind_of_problem(document: dict[str, Any]) -> None:
    """But for addresses that it doesn't have, each can be met somewhere, under its own status."""
    met: set[str] = set()
    for answer_status, answer in answers(document):
        for media_type, content in answer.get("content", {}).items():
            if media_type == "application/problem+json":
                assert all(str(example["value"]["status"]) == answer_status for example in content["examples"].values())
                met |= set(content["examples"])
    assert met == {kind.code for kind in KINDS} - {"nothing-here"}


def test_its_examples_follow_its_schemas(document: dict[str, Any]) -> None:
    """Orders, answers and problems: what a reader copies works."""
    count = 0
    for content in contents(document):
        validator = validator_of(document, content["schema"])
        for value in examples_of(content):
            validator.validate(value)
            count += 1
    assert count > len(KINDS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_report_is_the_report(document: dict[str, Any], name: str) -> None:
    """Moved into the document, the schema still accepts reports, and refuses what lacks a part."""
    validator = validator_of(document, {"$ref": "#/components/schemas/Report"})
    validator.validate(EXAMPLES[name])
    assert not validator.is_valid({**EXAMPLES[name], "mx": None})


def test_the_schema_of_a_report(client: Client) -> None:
    """As the engine makes it, under its own media type."""
    answer = client.get("/api/v1/schema")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/schema+json")
    assert json.loads(answer.content) == json_schema()


def answers(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    return [answer for operation in operations for answer in operation["responses"].items()]


def contents(document: dict[str, Any]) -> list[dict[str, Any]]:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    bodies = [*(operation.get("requestBody", {}) for operation in operations), *(each for _, each in answers(document))]
    return [content for body in bodies for content in body.get("content", {}).values()]


def examples_of(content: dict[str, Any]) -> list[Any]:
    named = [example["value"] for example in content.get("examples", {}).values()]
    return named + ([content["example"]] if "example" in content else [])


def validator_of(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})
