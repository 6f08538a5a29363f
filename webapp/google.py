"""The routes of Perspective's contract: what Google's client libraries ask, and plain requests."""

import json
from collections.abc import Callable
from typing import Any

from bottle import Bottle, request, response

from webapp.batch import NoBatch, answer_parts
from webapp.contract import Refused, parse_json
from webapp.discovery import describe
from webapp.google_json import GoogleError, of_refusal
from webapp.http import content_type, read_body, send, set_status, this_server
from webapp.perspective import MAX_BODY, Analyzer

MAX_BATCH_BODY = 1000 * 1024  # bytes, under waitress's own limit


def add_perspective(app: Bottle, analyzer: Analyzer) -> None:
    """Analyze, suggest a score, both in batches, and the description that clients are made from."""
    methods: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "comments:analyze": analyzer.analyze,
        "comments:suggestscore": analyzer.suggest,
    }

    def answer(path: str, body: bytes) -> tuple[int, str]:
        """Status and JSON of one request, whose path ends with its method."""
        try:
            name = path.rpartition("/")[2]
            if name not in methods:
                raise GoogleError(404, "There is no such method.")
            return 200, json.dumps(methods[name](parse_json(body)))
        except Refused as refused:
            error = of_refusal(refused)
        except GoogleError as own:
            error = own
        return error.status, json.dumps(error.body())

    @app.post("/v1alpha1/<method>")
    def ask(method: str) -> str:
        kind, alt = content_type(), request.query.get("alt", "json")
        if kind not in ("", "application/json") or alt != "json":  # requests' data= sends no type
            return refuse(GoogleError(400, "Send JSON, with Content-Type: application/json."))
        try:
            status, text = answer(method, read_body(MAX_BODY))
        except Refused as refused:
            return refuse(of_refusal(refused))
        set_status(status)
        response.content_type = "application/json"
        return text

    @app.post("/batch")
    @app.post("/batch/commentanalyzer/v1alpha1")
    def batch() -> str:
        try:
            body = read_body(MAX_BATCH_BODY)
            response.content_type, text = answer_parts(
                request.headers["Content-Type"], body, answer
            )
        except Refused as refused:
            return refuse(of_refusal(refused))
        except NoBatch as error:
            return refuse(GoogleError(400, str(error)))
        except (KeyError, ValueError, RecursionError):
            return refuse(GoogleError(400, "The body is no batch of requests."))
        return text

    @app.get("/$discovery/rest")
    def discovery() -> str:
        if request.query.get("version", "v1alpha1") != "v1alpha1":
            return refuse(GoogleError(404, "There is no such version."))
        return send(describe(f"{this_server()}/"))


def refuse(error: GoogleError) -> str:
    set_status(error.status)
    return send(error.body())
