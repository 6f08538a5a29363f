"""The routes: HTTP in, one call of the service, HTTP out."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from bottle import Bottle, HTTPError, SimpleTemplate, request, response

from analysis.report import HEADER, table_row
from webapp.contract import (
    MAX_BODY,
    MAX_CHARS,
    MAX_FORM,
    Refused,
    check_fields,
    check_text,
    check_texts,
    error_body,
    parse_json,
)
from webapp.models import Model
from webapp.service import Service

HERE = Path(__file__).parent
STATIC = {"app.js": "text/javascript", "style.css": "text/css", "icon.svg": "image/svg+xml"}
EXAMPLES = (
    ("A plain insult", "I hate you"),
    ("A kind sentence", "Thank you all, it was a lovely evening."),
    ("Swearing at a thing", "This fucking printer is broken again."),
    ("Counter-speech", 'Saying "go back to your country" is cruel and wrong.'),
)


def make_app(service: Service) -> Bottle:
    """The WSGI application. Exceptions other than Refused pass through it, to the server."""
    app = Bottle()
    app.catchall = False
    app.install(answer_refusals)
    app.default_error_handler = answer_http_error
    static = {name: (HERE / "static" / name).read_bytes() for name in STATIC}
    views = {name: load_view(name) for name in ("index", "about", "card")}

    def page(view: str, **values: Any) -> str:
        response.content_type = "text/html; charset=UTF-8"
        return views[view].render(service=service, **HELPERS, **values)

    def index(**values: Any) -> str:
        blank: dict[str, Any] = {
            "text": "",
            "model": service.default,
            "answers": [],
            "words": None,
            "error": "",
        }
        return page("index", max_chars=MAX_CHARS, examples=EXAMPLES, **blank | values)

    @app.get("/")
    def show_form() -> str:
        return index()

    @app.post("/")
    def answer_form() -> str:
        """The page for a browser without JavaScript: the same answers, in the HTML."""
        shown: dict[str, Any] = {}
        try:
            form = read_form()
            if (example := form.get("example", "")) in {str(i) for i in range(len(EXAMPLES))}:
                form |= {"text": EXAMPLES[int(example)][1], "action": "classify"}
            shown = {"text": form.get("text", "")[:MAX_CHARS]}
            name = service.choose(form.get("model")).name
            shown["model"] = name
            text = check_text(form.get("text"))
            if form.get("action") == "compare":
                shown["answers"] = service.compare(text)
            elif form.get("action") == "explain":
                answer = service.explain(text, name)
                shown |= {"answers": [answer], "words": answer}
            else:
                shown["answers"] = service.classify([text], name)
        except Refused as refused:
            set_status(refused)
            shown["error"] = refused.message
        return index(**shown)

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
        negative, positive = service.choose(None).classifier.label_names
        ranked = [
            sorted(
                (
                    {"label": positive, "score": answer["scores"]["toxic"]},
                    {"label": negative, "score": answer["scores"]["not_toxic"]},
                ),
                key=lambda pair: -pair["score"],
            )
            for answer in service.classify(check_texts(texts))
        ]
        return send(ranked[0] if single else ranked)

    @app.get("/api/info")
    def info() -> str:
        return send(service.info())

    @app.get("/healthz")
    def healthz() -> str:
        return send({"status": "ok"})

    @app.get("/about")
    def about() -> str:
        rows = [
            table_row(model.name, model.results | {"layers": model.layers}, model.results["test"])
            for model in service.models.values()
            if "test" in model.results
        ]
        return page("about", header=HEADER[:-1], rows=[row[:-1] for row in rows], curve=curve)

    @app.get("/card/<name>")
    def card(name: str) -> str:
        if name not in service.models:
            raise Refused(404, "not_found", "There is no model of that name.")
        model = service.models[name]
        # The block between --- is for the Hub and not for a reader.
        text = re.sub(r"\A---\n.*?\n---\n", "", model.card, flags=re.DOTALL)
        return page("card", model=model, card=text)

    @app.get("/static/<name>")
    def static_file(name: str) -> bytes:
        if name not in static:
            raise Refused(404, "not_found", "There is nothing here.")
        response.content_type = STATIC[name]
        response.set_header("Cache-Control", "no-cache")
        return static[name]

    return app


def load_view(name: str) -> SimpleTemplate:
    return SimpleTemplate(name=f"{name}.tpl", lookup=[str(HERE / "views")])


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
    kind = request.content_type.split(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "not_json", "Send JSON, with Content-Type: application/json.")
    body = parse_json(read_body(MAX_BODY))
    check_fields(body, fields)
    return body


def one_text(body: dict[str, Any]) -> str:
    if "text" not in body:
        raise Refused(422, "missing_field", 'The field "text" is missing.')
    return check_text(body["text"])


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


def card_link(name: str) -> str:
    return f"/card/{quote(name, safe='')}"


def strength(change: float | None) -> str:
    """CSS class of a word: which way it moves the score, and in four steps how far."""
    if change is None or abs(change) < 0.01:
        return ""
    step = 1 + sum(abs(change) >= bound for bound in (0.05, 0.15, 0.35))
    return f"{'up' if change > 0 else 'down'} s{step}"


def curve(model: Model, top: float) -> list[tuple[float, float, bool]]:
    """Validation loss by epoch as points of a figure, in per cent of its size, `top` at its top.

    Each with whether the weights of that epoch were kept.
    """
    last = len(model.epochs) - 1
    return [
        (
            round(4 + 92 * i / last, 2),
            round(94 - 88 * epoch["validation"]["loss"] / top, 2),
            epoch["epoch"] == model.results.get("best_epoch"),
        )
        for i, epoch in enumerate(model.epochs)
    ]


def points(change: float) -> str:
    """A change of probability in percentage points, with a true minus."""
    text = f"{100 * change:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "\N{MINUS SIGN}")


def top_words(words: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The five words that moved the score most, first of all the one that moved it furthest."""
    moved = [word for word in words if word["change"] is not None]
    return sorted(moved, key=lambda word: -abs(word["change"]))[:5]


HELPERS = {"card_link": card_link, "points": points, "strength": strength, "top_words": top_words}
