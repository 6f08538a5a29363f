"""The routes: HTTP in, one call of the service, HTTP out."""

from typing import Any

from bottle import Bottle

from webapp.contract import Refused, check_text, check_texts
from webapp.http import answer_http_error, answer_refusals, read_json, send
from webapp.pages import add_pages
from webapp.service import Service


def make_app(service: Service) -> Bottle:
    """The WSGI application. Exceptions other than Refused pass through it, to the server."""
    app = Bottle()
    app.catchall = False
    app.install(answer_refusals)
    app.default_error_handler = answer_http_error
    add_pages(app, service)
    add_api(app, service)
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

    @app.post("/predict")
    def hugging_face() -> str:
        """The text-classification shape of Hugging Face's servers, best label first."""
        body = read_json(("inputs", "parameters", "truncate"))
        if "inputs" not in body:
            raise Refused(422, "missing_field", 'The field "inputs" is missing.')
        if body.get("parameters") not in (None, {}) or body.get("truncate") not in (None, True):
            raise Refused(422, "unknown_parameter", "Texts are cut and scored by softmax, always.")
        inputs = body["inputs"]
        single = not isinstance(inputs, list)
        texts = [
            item[0] if isinstance(item, list) and len(item) == 1 else item
            for item in ([inputs] if single else inputs)
        ]
        ranked = service.rank(check_texts(texts))
        return send(ranked[0] if single else ranked)

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
