"""What the API takes and gives beside the report, whose format is ``checker.report.document``'s.

The one rule of this file: a field that isn't known is refused, so that a misspelt one can't be overlooked.
"""

from typing import Annotated, Literal, TypedDict

from ninja import Field, Schema
from pydantic import ConfigDict, StrictBool

WAIT_S = 60  # at most, for one answer


class ScanOrder(Schema):
    """What to scan, and how."""

    model_config = ConfigDict(extra="forbid")

    domain: Annotated[
        str,
        Field(
            description="A domain, or a mail address at it; or a text about mail to it that is stuck: a bounce "
            "message, whole or in part, or lines of a log. Of a text only what is in “pasted” is kept.",
            examples=["all-good.demo.test"],
        ),
    ]
    depth: Annotated[
        Literal["verdict", "deep"],
        Field(description="“deep” looks for longer, at every cipher suite. It is for trusted callers only."),
    ] = "verdict"
    queue: Annotated[
        Literal["interactive", "background"],
        Field(description="“background”: nobody waits for it, so it lets those pass that somebody waits for."),
    ] = "interactive"
    fresh: Annotated[
        StrictBool, Field(description="Scan anew, whatever is known: at most once in five minutes for a domain.")
    ] = False


class Urls(TypedDict):
    """Where the report can be read, as it grows and later."""

    page: Annotated[str, Field(description="For people. Says whether what was pasted is still so.")]
    json: Annotated[str, Field(description="The report document.")]
    events: Annotated[str, Field(description="Server-sent events while the scan runs.")]


class PastedMatch(TypedDict):
    """What was recognised in a text. Null: it says nothing of that."""

    text: Annotated[str | None, Field(description="The key of the known text, such as “postfix-not-verified”.")]
    software: Annotated[str | None, Field(description="Whose text that is.")]
    server: Annotated[str | None, Field(description="The server that it speaks of.")]
    address: Annotated[str | None, Field(description="And its address.")]
    status_code: Annotated[str | None, Field(description="The enhanced status code (RFC 3463).")]
    result_type: Annotated[str | None, Field(description="What a TLS report would call it (RFC 8460 section 4.3).")]


class Ordered(TypedDict):
    """A link to a scan, which may be one that somebody else ordered."""

    token: Annotated[str, Field(description="Who has it can read the report: nobody finds it otherwise.")]
    domain: Annotated[str, Field(description="As it stands in DNS.")]
    pasted: Annotated[PastedMatch | None, Field(description="The match in a text. Null: it was a domain.")]
    joined: Annotated[bool, Field(description="Was this domain just scanned, or being scanned, for somebody else?")]
    deletion_secret: Annotated[str, Field(description="Deletes this link. It is told this once.")]
    urls: Urls


class Deletion(Schema):
    """The right to delete a link."""

    model_config = ConfigDict(extra="forbid")

    deletion_secret: Annotated[str, Field(description="As it was given when the scan was ordered.")]
