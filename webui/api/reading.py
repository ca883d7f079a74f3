"""How the API reads bodies, and tells what is wrong with one.

The one rule of this file: any bytes lead to an order or to a problem. None is a fault of ours.
"""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from webui import problems
from webui.problems import Problem


class JsonBody(Parser):
    """Takes JSON that is said to be JSON. A form on a stranger's page can't send that, so none passes for an order."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The value in the body. Raises Problem."""
        if request.content_type != "application/json":
            raise Problem(problems.WRONG_MEDIA_TYPE)
        try:
            return json.loads(request.body.decode("utf-8"), parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise Problem(problems.BAD_JSON) from None


def reason(failure: HttpError) -> Problem:
    """What stopped ``JsonBody``: ninja hides it behind an error of its own."""
    return failure.__cause__ if isinstance(failure.__cause__, Problem) else Problem(problems.BAD_REQUEST)


def fields_problem(invalid: ValidationError) -> Problem:
    """Every field that is wrong: where, as a JSON pointer into the body or a parameter's name, and why."""
    errors = [_place(error["loc"]) | {"detail": _sentence(error["msg"])} for error in invalid.errors]
    return Problem(problems.BAD_FIELD, " ".join(map(_told, errors)), errors=errors)


def _no_number(constant: str) -> NoReturn:
    raise ValueError(constant)


def _place(location: tuple[str | int, ...]) -> dict[str, str]:
    source, *path = location
    if source == "body":
        return {"pointer": "#" + "".join(f"/{_escaped(str(step))}" for step in path[1:])}
    return {"parameter": str(path[-1]) if path else str(source)}


def _escaped(step: str) -> str:
    """As RFC 6901 section 3 wants it."""
    return step.replace("~", "~0").replace("/", "~1")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _told(error: dict[str, str]) -> str:
    place = error.get("parameter") or error["pointer"].removeprefix("#").removeprefix("/") or "The body"
    return f"{place}: {error['detail']}"
