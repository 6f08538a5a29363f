"""JSON as Google's services read it, and their shape of an error."""

import re
from collections.abc import Mapping
from typing import Any

from webapp.contract import Refused


class GoogleError(Exception):
    """A refusal in the shape of Google's services; `detail` says the kind for programs."""

    def __init__(self, status: int, message: str, kind: str = "INVALID_REQUEST", **more: Any):
        super().__init__(message)
        self.status, self.kind, self.more = status, kind, more

    def body(self) -> dict[str, Any]:
        names = {404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
        error: dict[str, Any] = {"code": self.status, "message": str(self)}
        error["status"] = names.get(self.status, "INVALID_ARGUMENT")
        if self.status == 400:
            kind = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
            error["details"] = [{"@type": kind, "errorType": self.kind, **self.more}]
        return {"error": error}


def of_refusal(refused: Refused) -> GoogleError:
    """What the rest of the server refuses, in Google's words."""
    kinds = {"empty_text": "COMMENT_EMPTY"}
    status = refused.status if refused.status in (404, 429, 503) else 400
    return GoogleError(status, refused.message, kinds.get(refused.code, "INVALID_REQUEST"))


def read_fields(body: object, known: Mapping[str, type], where: str = "") -> dict[str, Any]:
    """The fields of a message that are set, under their names in JSON; raises GoogleError.

    As in every service of Google a name may be written with underscores, and null is as if absent.
    """
    if not isinstance(body, dict):
        raise GoogleError(400, f"{where or 'The body'} must be a JSON object.")
    found: dict[str, Any] = {}
    for given, value in body.items():
        name = re.sub("_([a-z])", lambda match: match[1].upper(), given)
        if name not in known:
            raise GoogleError(400, f"Unknown name {given!r}{f' at {where!r}' if where else ''}")
        if name in found:
            raise GoogleError(400, f"The field {name!r} is set twice.")
        if value is None:
            continue
        if not isinstance(value, known[name]) or (isinstance(value, bool) != (known[name] is bool)):
            raise GoogleError(400, f"The field {name!r} is of another type.")
        found[name] = value
    return found


def utf16(text: str) -> int:
    """The length of a text as JavaScript and Java count it, which is how the API counts."""
    return len(text.encode("utf-16-le")) // 2
