"""What the service takes and what it refuses: sizes, types, and one shape for every error."""

import json
from collections.abc import Collection
from typing import Any, NoReturn

MAX_CHARS = 10_000  # of a text, in Unicode code points
# Codes of errors that the text itself can mend: the page marks the box for these.
OF_THE_TEXT = ("text_too_long", "empty_text", "invalid_text")
TOO_LONG = f"A text has at most {MAX_CHARS:,} characters."
MAX_BATCH = 32  # texts in a request
MAX_BODY = 64 * 1024  # bytes of a JSON body
MAX_FORM = 256 * 1024  # bytes of a form: percent-encoding makes 9 bytes of a UTF-16 unit


class Refused(Exception):
    """A request that is answered with an error: HTTP status, a code for programs, a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def error_body(status: int, code: str, message: str, request_id: str) -> dict[str, Any]:
    """The JSON of every error, whoever notices it."""
    error = {"code": code, "message": message, "status": status}
    return {"error": error, "request_id": request_id}


def parse_json(body: bytes) -> dict[str, Any]:
    """Read one JSON object, strictly; raises Refused: 400 what is no JSON, 422 what is no object.

    NaN and a key given twice are not JSON here.
    """
    if not body:
        raise Refused(400, "empty_body", "The body is empty; send JSON.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(400, "invalid_utf8", "The body is not UTF-8.") from None
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Refused(400, "invalid_json", "The body is not JSON, or names a key twice.") from None
    if not isinstance(value, dict):
        raise Refused(422, "invalid_type", "The body must be a JSON object.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is given twice")
    return value


def check_fields(body: dict[str, Any], known: Collection[str]) -> None:
    """Raise Refused for a field that is not known: a misspelt option must not pass in silence."""
    if not body.keys() <= set(known):
        raise Refused(422, "unknown_field", f"The fields here are {', '.join(known)}.")


def check_text(value: object) -> str:
    """The text, or Refused: it must be a string of characters and not too long."""
    if not isinstance(value, str):
        raise Refused(422, "invalid_type", "A text must be a string.")
    if len(value) > MAX_CHARS:
        raise Refused(413, "text_too_long", TOO_LONG)
    check_characters(value)
    return value


def check_characters(text: str) -> None:
    """Raise Refused where a text holds what JSON can write and no text has."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused(422, "invalid_text", "The text holds half of a surrogate pair.")


def check_texts(value: object) -> list[str]:
    """A batch of texts, or Refused."""
    if not isinstance(value, list):
        raise Refused(422, "invalid_type", "A batch must be a list of strings.")
    if not 1 <= len(value) <= MAX_BATCH:
        raise Refused(422, "batch_size", f"A batch has 1 to {MAX_BATCH} texts.")
    texts = []
    for number, text in enumerate(value, start=1):
        try:
            texts.append(check_text(text))
        except Refused as refused:
            told = which(number, len(value)) + refused.message
            raise Refused(refused.status, refused.code, told) from None
    return texts


def which(number: int, texts: int) -> str:
    """What stands before the reason that one of several texts is refused for."""
    return f"Text {number} of {texts}: " if texts > 1 else ""
