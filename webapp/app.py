"""The routes: HTTP in, one call of the service, HTTP out."""

from collections.abc import Sequence
from typing import Any

from bottle import Bottle

from webapp.contract import Refused, check_text, check_texts
from webapp.google import add_perspective
from webapp.http import answer_http_error, answer_refusals, read_json, send, this_server
from webapp.hugging_face import add_hugging_face
from webapp.openapi import describe
from webapp.pages import add_files, add_pages
from webapp.perspective import Analyzer, choose_attributes
from webapp.service import Service


def make_app(
    service: Service, attributes: Sequence[str] = (), languages: Sequence[str] = ("en",)
) -> Bottle:
    """The WSGI application; `attributes` and `languages` are those of its Perspective routes.

    Exceptions other than Refused pass through it, to the server. Raises UsageError.
    """
    app = Bottle()
    app.catchall = False
    app.install(answer_refusals)
    app.default_error_handler = answer_http_error
    analyzer = Analyzer(service, choose_attributes(attributes, service), languages)
    add_pages(app, service)
    add_files(app)
    add_api(app, service)
    add_hugging_face(app, service)
    add_perspective(app, analyzer)

    @app.get("/openapi.json")
    def openapi() -> str:
        return send(describe(this_server(), analyzer))

    return app


def add_api(app: Bottle, service: Service) -> None:
    """What programs ask, as JSON."""

    @app.post("/api/classify")
    def classify() -> str:
        body = read_json(("text", "texts", "model"))
        if ("text" in body) == ("texts" in body):
            raise Refused(422, "missing_field", 'Send either "text" or "texts".')
        if "text" in body:
            return send(service.classify([check_text(body["text"])], body.get("model"))[0])
        return send({"results": service.classify(check_texts(body["texts"]), body.get("model"))})

    @app.post("/api/compare")
    def compare() -> str:
        return send({"results": service.compare(one_text(read_json(("text",))))})

    @app.post("/api/explain")
    def explain() -> str:
        body = read_json(("text", "model"))
        return send(service.explain(one_text(body), body.get("model")))

    @app.get("/api/info")
    def info() -> str:
        return send(service.info())

    @app.get("/healthz")
    def healthz() -> str:
        return send({"status": "ok"})


def one_text(body: dict[str, Any]) -> str:
    if "text" not in body:
        raise Refused(422, "missing_field", 'The field "text" is missing.')
    return check_text(body["text"])
