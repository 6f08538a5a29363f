"""The pages: the same answers as the API gives, in HTML, for a browser without JavaScript too."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bottle import Bottle, response

from scoring.table import class_table, score_table
from webapp import hugging_face
from webapp.contract import MAX_CHARS, OF_THE_TEXT, TOO_LONG, Refused, check_text
from webapp.http import content_type, load_view, prefix, read_form, set_status
from webapp.models import Model
from webapp.service import Service
from webapp.why import MOVED
from webapp.words import about, by_data, in_words

HERE = Path(__file__).parent
STATIC = {"app.js": "text/javascript", "style.css": "text/css", "icon.svg": "image/svg+xml"}
EXAMPLES = (
    ("A plain insult", "I hate you"),
    ("A kind sentence", "Thank you all, it was a lovely evening."),
    ("Swearing at a thing", "This fucking printer is broken again."),
    ("Counter-speech", 'Saying "go back to your country" is cruel and wrong.'),
)


def add_pages(app: Bottle, service: Service) -> None:
    """The form, the results and the model cards."""
    views = {name: load_view(name) for name in ("index", "about", "card")}

    def page(view: str, **values: Any) -> str:
        response.content_type = "text/html; charset=UTF-8"
        return views[view].render(service=service, prefix=prefix(), **HELPERS, **values)

    def index(**values: Any) -> str:
        blank: dict[str, Any] = {
            "text": "",
            "model": service.default,
            "answers": [],
            "words": None,
            "error": "",
            "invalid": False,  # the text, not the server or its proxy
        }
        return page(
            "index",
            max_chars=MAX_CHARS,
            too_long=TOO_LONG,
            of_the_text=OF_THE_TEXT,
            examples=EXAMPLES,
            **blank | values,
        )

    @app.get("/")
    def show_form() -> str:
        # Nobody's text is in it, and a page that may be kept comes back as it was left.
        response.set_header("Cache-Control", "no-cache")
        return index()

    @app.post("/")
    def answer_form() -> str:
        """The page for a browser without JavaScript: the same answers, in the HTML.

        To JSON the answer is that of /predict: clients are given the address of a server alone.
        """
        if content_type() == "application/json":
            return hugging_face.answer(service)
        return index(**answer_to_form(service))

    @app.get("/about")
    def about() -> str:
        groups = by_data(service.models.values())
        tables = [table for models in groups.values() for table in tables_of(models)]
        return page("about", groups=groups, tables=tables, curve=curve)

    @app.get("/card/<name>")
    def card(name: str) -> str:
        if name not in service.models:
            raise Refused(404, "not_found", "There is no model of that name.")
        model = service.models[name]
        # The block between --- is for the Hub and not for a reader.
        text = re.sub(r"\A---\n.*?\n---\n", "", model.card, flags=re.DOTALL)
        return page("card", model=model, card=text)


def tables_of(models: Sequence[Model]) -> list[list[list[str]]]:
    """The scores of models on one test set, and for more classes than two those of each class."""
    tested = [model for model in models if "test" in model.results]
    rows = [
        (model.name, model.results | {"layers": model.layers} | model.results["test"])
        for model in tested
    ]
    tables = [[line[:-1] for line in score_table(rows)]] if rows else []  # no ms/text
    return tables + [
        class_table(model.names, model.results["test"], f"{model.name}: class")
        for model in tested
        if "classes" in model.results["test"]
    ]


def add_files(app: Bottle) -> None:
    """What browsers and crawlers fetch beside the pages."""
    static = {name: (HERE / "static" / name).read_bytes() for name in STATIC}

    @app.get("/static/<name>")
    def static_file(name: str) -> bytes:
        if name not in static:
            raise Refused(404, "not_found", "There is nothing here.")
        response.content_type = STATIC[name]
        response.set_header("Cache-Control", "no-cache")
        return static[name]

    @app.get("/favicon.ico")
    def icon() -> bytes:
        return static_file("icon.svg")

    @app.get("/robots.txt")
    def robots() -> str:
        response.content_type = "text/plain"
        return f"User-agent: *\nDisallow: {prefix()}/api/\n"


def answer_to_form(service: Service) -> dict[str, Any]:
    """What the page shows once its form was sent: the text, the model, answers or an error."""
    shown: dict[str, Any] = {}
    try:
        form = read_form()
        if (example := form.get("example", "")) in {str(i) for i in range(len(EXAMPLES))}:
            form |= {"text": EXAMPLES[int(example)][1], "action": "classify"}
        if form.get("action") == "clear":
            return {}
        shown = {"text": form.get("text", "")}
        name = service.choose(form.get("model")).name
        shown["model"] = name
        if "text" not in form:
            raise Refused(422, "missing_field", "The form has no field text.")
        text = check_text(form["text"])
        if form.get("action") == "compare":
            shown["answers"] = service.compare(text)
        elif form.get("action") == "explain":
            answer = service.explain(text, name)
            shown |= {"answers": [answer], "words": answer}
        else:
            shown["answers"] = service.classify([text], name)
    except Refused as refused:
        set_status(refused.status)
        shown |= {"error": refused.message, "invalid": refused.code in OF_THE_TEXT}
    return shown


def card_link(name: str) -> str:
    return f"{prefix()}/card/{quote(name, safe='')}"


def strength(change: float | None) -> str:
    """CSS class of a word: which way it moves the log-odds, and in four steps how far."""
    if change is None or abs(change) < MOVED:
        return ""
    step = 1 + sum(abs(change) >= bound for bound in (0.5, 1, 2))
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


def times(change: float) -> str:
    """A change of log-odds as what it makes of the odds: raised or lowered so many times."""
    arrow = "\N{UPWARDS ARROW}" if change > 0 else "\N{DOWNWARDS ARROW}"
    return f"{arrow} {math.exp(min(abs(change), 20)):,.1f} times"


def top_words(words: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The five words that moved the score most, the furthest first; none that hardly did."""
    moved = [word for word in words if abs(word["change"] or 0) >= MOVED]
    return sorted(moved, key=lambda word: -abs(word["change"]))[:5]


VERDICTS = {"toxic": "Toxic", "fine": "Not toxic", "unsure": "Cannot tell"}
HELPERS = {
    "VERDICTS": VERDICTS,
    "in_words": in_words,
    "about_model": about,
    "card_link": card_link,
    "times": times,
    "strength": strength,
    "top_words": top_words,
}
