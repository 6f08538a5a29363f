"""Reading requests and writing answers with Bottle: what every route shares."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from bottle import HTTPError, SimpleTemplate, request, response

from webapp.contract import MAX_BODY, MAX_FORM, Refused, check_fields, error_body, parse_json
from webapp.google_json import GoogleError


def send(value: object) -> str:
    response.content_type = "application/json"
    return json.dumps(value)


def set_status(status: int) -> None:
    response.status = status
    if status in (429, 503):
        response.set_header("Retry-After", "1")


def this_server() -> str:
    """The address of this server, as told at its start or as the client says, without a slash."""
    parts = request.urlparts
    return request.environ.get("public_url") or f"{parts.scheme}://{parts.netloc}{prefix()}"


def prefix() -> str:
    """The path that stands before every path of this server, without a slash at its end."""
    return str(request.environ.get("SCRIPT_NAME", "")).rstrip("/")


def content_type() -> str:
    """The type of the body in small letters, without its parameters."""
    return str(request.content_type.split(";")[0].strip())


def load_view(name: str) -> SimpleTemplate:
    return SimpleTemplate(name=f"{name}.tpl", lookup=[str(Path(__file__).parent / "views")])


MISSING = load_view("missing")


def answer_refusals(callback: Callable[..., Any]) -> Callable[..., Any]:
    """A Bottle plugin: a Refused from any route becomes its error."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except Refused as refused:
            set_status(refused.status)
            return error_answer(refused.status, refused.code, refused.message)

    return wrapper


def answer_http_error(error: HTTPError) -> str:
    """What Bottle itself refuses: unknown paths and methods. Its `Allow` header is kept."""
    if error.status_code == 405 and request.method == "OPTIONS":
        allowed = str(response.get_header("Allow")).split(",")
        allowed += ["HEAD"] * ("GET" in allowed)  # which Bottle answers, and does not tell
        response.status = 204
        response.set_header("Allow", ",".join([*allowed, "OPTIONS"]))
        return ""
    code, message = {
        404: ("not_found", "There is nothing here."),
        405: ("method_not_allowed", "This address does not take that method."),
    }.get(error.status_code, ("error", "This request cannot be answered."))
    if request.path == "/predict":
        return send({"error": message, "error_type": "Validation", "code": code})
    if request.path.startswith(("/v1alpha1/", "/batch")):
        return send(GoogleError(error.status_code, message).body())
    return error_answer(error.status_code, code, message)


def error_answer(status: int, code: str, message: str) -> str:
    """An error as JSON; what is not there, as a page to a browser that asks for one."""
    if status == 404 and "text/html" in (request.get_header("Accept") or ""):
        response.content_type = "text/html; charset=UTF-8"
        return str(MISSING.render(prefix=prefix()))
    return send(error_body(status, code, message, request_id()))


def request_id() -> str:
    return request.environ.get("request_id", "")


def read_body(limit: int) -> bytes:
    """The bytes of the request; raises Refused where there are more than `limit`."""
    if request.content_length > limit:
        raise Refused(413, "body_too_large", f"The body has at most {limit // 1024} KiB.")
    # Not request.body, which puts what is over 100 kB into a temporary file.
    return request.environ["wsgi.input"].read(max(0, request.content_length))


def read_json(fields: tuple[str, ...]) -> dict[str, Any]:
    if content_type() != "application/json":
        raise Refused(415, "not_json", "Send JSON, with Content-Type: application/json.")
    body = parse_json(read_body(MAX_BODY))
    check_fields(body, fields)
    return body


def read_form() -> dict[str, str]:
    """The fields of a form; a browser sends line ends as CRLF, but counts and means LF.

    Raises Refused.
    """
    try:
        body = read_body(MAX_FORM).decode("ascii")
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=8)
    except UnicodeDecodeError:
        raise Refused(400, "invalid_utf8", "The form is not UTF-8 in percent-encoding.") from None
    except ValueError:
        raise Refused(400, "invalid_form", "The form has too many fields.") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
