"""Reading requests and writing answers with Bottle: what every route shares."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from bottle import HTTPError, request, response

from webapp.contract import MAX_BODY, MAX_FORM, Refused, check_fields, error_body, parse_json


def send(value: object) -> str:
    response.content_type = "application/json"
    return json.dumps(value)


def set_status(refused: Refused) -> None:
    response.status = refused.status
    if refused.status == 503:
        response.set_header("Retry-After", "1")


def answer_refusals(callback: Callable[..., Any]) -> Callable[..., Any]:
    """A Bottle plugin: a Refused from any route becomes its JSON error."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except Refused as refused:
            set_status(refused)
            return send(error_body(refused.status, refused.code, refused.message, request_id()))

    return wrapper


def answer_http_error(error: HTTPError) -> str:
    """What Bottle itself refuses: unknown paths and methods. Its `Allow` header is kept."""
    code, message = {
        404: ("not_found", "There is nothing here."),
        405: ("method_not_allowed", "This address does not take that method."),
    }.get(error.status_code, ("error", "This request cannot be answered."))
    return send(error_body(error.status_code, code, message, request_id()))


def request_id() -> str:
    return request.environ.get("request_id", "")


def read_body(limit: int) -> bytes:
    """The bytes of the request; raises Refused where there are more than `limit`."""
    if request.content_length > limit:
        raise Refused(413, "body_too_large", f"The body has at most {limit // 1024} KiB.")
    # Not request.body, which puts what is over 100 kB into a temporary file.
    return request.environ["wsgi.input"].read(max(0, request.content_length))


def read_json(fields: tuple[str, ...]) -> dict[str, Any]:
    kind = request.content_type.split(";")[0].strip()  # in small letters, by Bottle
    if kind != "application/json":
        raise Refused(415, "not_json", "Send JSON, with Content-Type: application/json.")
    body = parse_json(read_body(MAX_BODY))
    check_fields(body, fields)
    return body


def read_form() -> dict[str, str]:
    """The fields of a form; a browser sends line ends as CRLF, but counts and means LF."""
    try:
        body = read_body(MAX_FORM).decode("ascii")
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=8)
    except UnicodeDecodeError:
        raise Refused(400, "invalid_utf8", "The form is not UTF-8.") from None
    except ValueError:
        raise Refused(400, "invalid_form", "The form has too many fields.") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
