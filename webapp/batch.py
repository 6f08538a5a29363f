"""Requests in a multipart body, as the batch helper of Google's clients sends them.

https://developers.google.com/workspace/drive/api/guides/performance describes the form.
"""

import re
import secrets
from collections.abc import Callable
from email.message import Message
from email.parser import BytesParser
from http.client import responses

MAX_PARTS = 100


class NoBatch(ValueError):
    """A body that is no batch of requests, and why."""


Answer = Callable[[str, bytes], tuple[int, str]]  # a path and a body in, a status and JSON out


def answer_parts(content_type: str, body: bytes, answer: Answer) -> tuple[str, str]:
    """Answer each request of a multipart body; gives the content type and body of all answers.

    Raises NoBatch, or another ValueError, where the body is not such a one.
    """
    head = b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n"
    whole = BytesParser().parsebytes(head + body)
    parts = whole.get_payload() if whole.get_content_type() == "multipart/mixed" else None
    if not isinstance(parts, list) or not 1 <= len(parts) <= MAX_PARTS:
        raise NoBatch(f"A batch is multipart/mixed, of 1 to {MAX_PARTS} requests.")
    boundary = f"batch_{secrets.token_hex(8)}"
    lines = []
    for part in parts:
        assert isinstance(part, Message)  # else it would not be multipart
        path, inner = read_request(part)
        status, text = answer(path, inner)
        lines += [f"--{boundary}", "Content-Type: application/http", *content_id(part), ""]
        lines += [f"HTTP/1.1 {status} {responses[status]}", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(text.encode())}", "", text]
    lines += [f"--{boundary}--", ""]
    return f"multipart/mixed; boundary={boundary}", "\r\n".join(lines)


def content_id(part: Message) -> list[str]:
    """The header that tells a client which request a part answers; none where it named none."""
    found = re.fullmatch(r"<([\x21-\x7e ]{1,200})>", str(part["Content-ID"] or ""))
    return [f"Content-ID: <response-{found[1]}>"] if found else []


def read_request(part: Message) -> tuple[str, bytes]:
    """The path and body of a request in a part; raises ValueError."""
    payload = part.get_payload(decode=True)
    if part.get_content_type() != "application/http" or not isinstance(payload, bytes):
        raise NoBatch("A part of a batch is application/http.")
    head, _, body = payload.replace(b"\r\n", b"\n").partition(b"\n\n")
    found = re.match(rb"POST (?:https?://[^/ ]+)?(/[^? ]*)\S* HTTP/1", head)
    if not found:
        raise NoBatch("A request of a batch is a POST.")
    return found[1].decode("latin-1"), body
