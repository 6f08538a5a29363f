"""The page and its API in this process, without a socket: every answer and every refusal."""

import json
import math
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlencode

import pytest
from bad_inputs import (
    FORM,
    JSON,
    MARKUP,
    NAMES,
    ROWS,
    check_answer,
    check_error,
    check_headers,
    check_row,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from webserver import make_run

from bert_min import ModelError
from experiment.classifier import Decision, Prediction
from experiment.errors import UsageError
from experiment.readable import LETTERS, LONG, NO_LETTERS, SHORT, UNKNOWN
from experiment.rundir import find_runs, weights_sha256
from webapp.app import make_app
from webapp.contract import Refused
from webapp.gate import Gate
from webapp.models import Model, choose_runs, load_models
from webapp.pages import EXAMPLES, STATIC, times, top_words
from webapp.server import Shell, serve
from webapp.service import Service
from webapp.why import whole_words

WEBAPP = Path(__file__).parent.parent / "webapp"
TEXTS = [
    "I hate you", "Thank you all, it was a lovely evening.", "hi", "idiot", "what a day",
    "you are kind people", "go away now", "naïve café", "😀", "[SEP]", "a " * 200, "x", "中文 字",
]  # fmt: skip
DOCUMENTED = {200, 400, 413, 415, 422}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def call(
    app: Callable, method: str, path: str, body: bytes = b"", kind: str | None = None
) -> Answer:
    """One request, as a WSGI server hands it over."""
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    sent: list[Any] = []
    parts = app(environ | ({"CONTENT_TYPE": kind} if kind else {}), lambda *a: sent.extend(a))
    status, headers = sent
    names = [name.lower() for name, _ in headers]
    assert len(names) == len(set(names)), "a header is there twice"
    values = [value for _, value in headers]
    return Answer(int(status[:3]), dict(zip(names, values, strict=True)), b"".join(parts))


def post(app: Callable, path: str, value: object) -> Any:
    """POST a value as JSON, and the value of the answer, which must be a 200."""
    answer = call(app, "POST", path, json.dumps(value, ensure_ascii=False).encode(), JSON)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == JSON
    return answer.json()


class Page(HTMLParser):
    """What a browser would show: the text by tag, the text of the elements with an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.hidden += tag == "template"
        self.open = [tag]
        if not self.hidden:
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag == "template"
        self.open = []

    def handle_data(self, data: str) -> None:
        if self.open and not self.hidden:
            self.texts[self.open[0]][-1] += data

    def values(self, tag: str, name: str) -> list[str | None]:
        return [attributes.get(name) for t, attributes in self.tags if t == tag]

    @property
    def typed(self) -> str:
        """The text in the box; HTML drops the line end that the box begins with."""
        return self.texts["textarea"][0].removeprefix("\n")


def submit(app: Callable, **fields: str) -> tuple[Answer, Page]:
    """Send the form as a browser without JavaScript does."""
    body = urlencode({n: v.replace("\n", "\r\n") for n, v in fields.items()}).encode()
    answer = call(app, "POST", "/", body, FORM)
    assert answer.headers["content-type"] == "text/html; charset=UTF-8"
    return answer, Page(answer.body.decode())


class Stub:
    """A classifier that scores a text by a function."""

    label_names = ("not-hate", "hate")
    decision = Decision()
    tokenizer = SimpleNamespace(max_length=128)
    model = SimpleNamespace(config=SimpleNamespace(num_hidden_layers=1))

    def __init__(self, score: Callable[[str], float]) -> None:
        self.score = score

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        scores = map(self.score, texts)
        return [
            Prediction("hate", score, False, 3, (1 - score, score), (0.0, logit(score)))
            for score in scores
        ]

    def spans(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))]


def logit(score: float) -> float:
    score = min(max(score, 1e-12), 1 - 1e-12)
    return math.log(score / (1 - score))


def stub_service(score: Callable[[str], float], **settings: Any) -> Service:
    model = Model("stub", "0" * 64, Stub(score), "", {}, {}, [], None)
    return Service({"stub": model}, **settings)


def stub_app(score: Callable[[str], float], **settings: Any) -> Shell:
    return Shell(make_app(stub_service(score, **settings)))


@pytest.fixture(scope="module")
def wild(minilm, tmp_path_factory) -> Path:
    """A run whose scores lie far apart, and that has no record, results or card."""
    return make_run(tmp_path_factory.mktemp("wild") / "wild", minilm)


@pytest.fixture(scope="module")
def runs(wild, web_runs) -> list[Path]:
    return [wild, *find_runs(web_runs)]


@pytest.fixture(scope="module")
def models(runs) -> dict[str, Model]:
    return load_models(runs)


@pytest.fixture(scope="module")
def app(models) -> Shell:
    return Shell(make_app(Service(models)))


@pytest.fixture(scope="module")
def alone(wild) -> Shell:
    """The application with one model."""
    return Shell(make_app(Service(load_models([wild]))))


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_every_bad_input_gets_its_answer(app, row):
    check_row(row, *call(app, row.method, row.path, row.body, row.kind))


def test_classify_gives_the_documented_answer(app, runs, models):
    answer = post(app, "/api/classify", {"text": "I hate you", "model": "odd"})
    check_answer(answer)
    sha256 = weights_sha256(next(run for run in runs if run.name == "odd"))
    about = "learnt from 48 sentences made up for this project, in English"
    assert answer["model"] == {"name": "odd", "sha256": sha256, "about": about}
    own = models["odd"].threshold
    assert (answer["threshold"], answer["n_tokens"], answer["truncated"]) == (own, 5, False)
    config = json.loads((next(r for r in runs if r.name == "odd") / "config.json").read_text())
    assert own == config["decision"]["threshold"] != 0.5


def test_the_first_model_answers_by_default(app, models):
    assert post(app, "/api/classify", {"text": "hi"})["model"]["name"] == next(iter(models))
    assert post(app, "/api/classify", {"text": "hi", "model": None})["model"]["name"] == "wild"


@pytest.mark.parametrize("count", [1, 2, 32])
def test_a_batch_gives_one_answer_a_text_in_order(app, count):
    texts = [f"{'very ' * i} bad" for i in range(count)]
    results = post(app, "/api/classify", {"texts": texts})["results"]
    assert [answer["n_tokens"] for answer in results] == [i + 3 for i in range(count)]
    for answer in results:
        check_answer(answer)


@pytest.mark.parametrize(("path", "field"), [("/api/classify", "texts"), ("/predict", "inputs")])
@pytest.mark.parametrize("count", [0, 33])
def test_a_batch_of_another_size_is_refused(app, path, field, count):
    answer = call(app, "POST", path, json.dumps({field: ["hi"] * count}).encode(), JSON)
    assert answer.status == 422
    check_error(answer.headers, answer.body, 422, "batch_size", path)


def test_compare_gives_the_answer_of_every_model(app, models):
    results = post(app, "/api/compare", {"text": "I hate you"})["results"]
    assert [answer["model"]["name"] for answer in results] == list(models)
    for answer in results:
        check_answer(answer)
        single = post(
            app, "/api/classify", {"text": "I hate you", "model": answer["model"]["name"]}
        )
        assert single["score"] == pytest.approx(answer["score"], abs=1e-5)


def test_info_names_the_models_and_the_limits(app, models):
    info = call(app, "GET", "/api/info").json()
    assert info.keys() == {"models", "default", "threshold", "max_chars", "max_batch"}
    assert (info["default"], info["threshold"]) == ("wild", 0.5)
    assert (info["max_chars"], info["max_batch"]) == (10_000, 32)
    assert [entry["name"] for entry in info["models"]] == list(models)
    odd = next(entry for entry in info["models"] if entry["name"] == "odd")
    assert odd == {
        "name": "odd",
        "sha256": models["odd"].sha256,
        "layers": "1, 3",
        "made": "half the layers, 1 3",
        "about": "learnt from 48 sentences made up for this project, in English",
        "dtype": "float32",
        "parameters": models["odd"].results["parameters"],
        "max_tokens": 128,
        "threshold": models["odd"].threshold,
        "labels": ["not-hate", "hate"],
    }


def test_healthz_is_ok(app):
    answer = call(app, "GET", "/healthz")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})


def test_head_is_the_answer_without_its_body(app):
    for path in ("/", "/healthz", "/static/app.js"):
        head, get = call(app, "HEAD", path), call(app, "GET", path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]


def pairs(score: float) -> list[dict[str, Any]]:
    both = [{"label": "hate", "score": score}, {"label": "not-hate", "score": 1 - score}]
    return both if score >= 0.5 else both[::-1]


@pytest.mark.parametrize("text", TEXTS[:4])
def test_predict_ranks_the_labels_as_hugging_face_does(app, text):
    score = post(app, "/api/classify", {"text": text})["score"]
    expected = [{"label": p["label"], "score": pytest.approx(p["score"])} for p in pairs(score)]
    assert post(app, "/predict", {"inputs": text}) == expected
    assert post(app, "/predict", {"inputs": [text]}) == [expected]
    assert post(app, "/predict", {"inputs": [[text]]}) == [expected]
    more = {"inputs": text, "options": {"wait_for_model": True}, "truncate": True}
    assert post(app, "/predict", more) == expected
    assert post(app, "/predict", {"inputs": text, "parameters": {}}) == [expected]
    assert post(app, "/", {"inputs": text}) == expected


def test_a_text_has_one_score_whichever_way_it_comes(app):
    batch = post(app, "/api/classify", {"texts": TEXTS})["results"]
    scores = [answer["score"] for answer in batch]
    assert max(scores) - min(scores) > 0.5, "these scores could not be told apart"
    for text, score in zip(TEXTS, scores, strict=True):
        same = pytest.approx(score, abs=1e-5)
        assert post(app, "/api/classify", {"text": text})["score"] == same
        assert post(app, "/api/explain", {"text": text})["score"] == same
        assert post(app, "/api/compare", {"text": text})["results"][0]["score"] == same
        predicted = {p["label"]: p["score"] for p in post(app, "/predict", {"inputs": text})}
        assert predicted["hate"] == same
        _, page = submit(app, text=text, action="classify")
        assert float(page.texts["b"][0].split()[0]) == pytest.approx(100 * score, abs=0.051)


def test_text_without_meaning_to_the_tokenizer_changes_nothing(app):
    """Characters that nobody sees are dropped, and special tokens are plain text."""
    plain = post(app, "/api/classify", {"text": "idiot"})
    for disguised in ("id\u200biot", "id\u00adiot", "id\0iot", "IDIOT", "  idiot\n"):
        answer = post(app, "/api/classify", {"text": disguised})
        assert answer["n_tokens"] == plain["n_tokens"]
        assert answer["score"] == pytest.approx(plain["score"], abs=1e-6)
    assert post(app, "/api/classify", {"text": "[SEP]"})["n_tokens"] > 3


@pytest.mark.parametrize("edge", [1, 2, 7, 8])
def test_a_window_more_begins_after_its_word_pieces(app, edge):
    """Each takes 126, and shares 31 with the one before; the ninth is not read."""
    full = 126 + 95 * (edge - 1)
    for count in (full - 1, full, full + 1):
        answer = post(app, "/api/classify", {"text": "a " * count})
        check_answer(answer)
        read = min(count, 126 + 95 * 7)
        assert answer["n_tokens"] == read + 2
        assert answer["windows"] == min(edge + (count > full), 8)
        assert answer["truncated"] is (count > 126 + 95 * 7)


def test_of_a_long_text_the_window_with_the_highest_score_answers(app, models):
    """The words of a text that scores high stand at its end, which one window does not reach."""
    classifier = models["wild"].classifier
    mean = max(TEXTS, key=lambda text: classifier.predict([text])[0].score)
    mild = "it was a very nice day and we went home again " * 40
    answer = post(app, "/api/classify", {"text": mild + mean})
    ids = classifier.tokenizer.windows([mild + mean])[0]
    alone = [
        classifier.predict([(mild + mean)[begin:end]])[0].score
        for begin, end in classifier.spans(mild + mean)
    ]
    assert answer["windows"] == len(ids) == len(alone) > 3
    assert answer["score"] == pytest.approx(max(alone), abs=1e-5)
    assert answer["window"] == 1 + alone.index(max(alone))
    assert max(alone) > min(alone) + 0.01


CANNOT = {
    "привет, как дела": LETTERS,
    "да и нет, yes": LETTERS,
    "yes and no да": "",
    "12345 67 !!": NO_LETTERS,
    "\U0001f600 \U0001f600": NO_LETTERS,
    "中文 字 很 好": LETTERS,
    "idiot": SHORT,
    "idiot!!! ...": SHORT,
    "don't": SHORT,
    "re\u0301sume\u0301": SHORT,  # as r\u00e9sum\u00e9
    "I do": "",
    "go \U0001f600": SHORT,
    "so \U0001f600 \U0001f601 \U0001f602 \U0001f603 it": UNKNOWN,
    "a " * 1700: LONG,
    "a " * 1500: "",
}


@pytest.mark.parametrize("text", CANNOT, ids=lambda text: ascii(text[:20]))
def test_what_cannot_be_read_is_not_judged(app, text):
    """In the page and in the API alike; `predict.py` asks the same classifier."""
    answer = post(app, "/api/classify", {"text": text})
    check_answer(answer)
    assert (answer["reason"] or "") == CANNOT[text]
    _, page = submit(app, text=text, action="classify")
    told = "Cannot tell" if CANNOT[text] else "Toxic" if answer["toxic"] else "Not toxic"
    assert page.texts["strong"][0] == told
    if CANNOT[text]:
        assert CANNOT[text] in page.texts["p"]
    compared = post(app, "/api/compare", {"text": text})["results"]
    assert [each["reason"] for each in compared] == [answer["reason"]] * len(compared)


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5, 1.0])
def test_a_score_at_the_threshold_is_toxic(threshold):
    below = math.nextafter(threshold, -1)
    app = stub_app({"at": threshold, "below": max(below, 0.0)}.__getitem__, threshold=threshold)
    at, under = (post(app, "/api/classify", {"text": text}) for text in ("at", "below"))
    assert (at["toxic"], at["label"], at["threshold"]) == (True, "toxic", threshold)
    assert under["toxic"] is (threshold == 0)
    check_answer(at)


PLAIN = (["GET", "/"], ["HEAD", "/"])  # the page without anybody's text
ANSWERS = {
    "page": ("GET", "/", b"", None, 200),
    "about": ("GET", "/about", b"", None, 200),
    "card": ("GET", "/card/odd", b"", None, 200),
    "static": ("GET", "/static/app.js", b"", None, 200),
    "head": ("HEAD", "/", b"", None, 200),
    "result-page": ("POST", "/", b"text=hi", FORM, 200),
    "refused-page": ("POST", "/", b"text=", FORM, 422),
    "api": ("POST", "/api/classify", b'{"text":"hi"}', JSON, 200),
    "info": ("GET", "/api/info", b"", None, 200),
    "health": ("GET", "/healthz?x=1", b"", None, 200),
    "refused": ("POST", "/api/explain", b"{}", JSON, 422),
    "unknown": ("GET", "/favicon.png", b"", None, 404),
    "icon": ("GET", "/favicon.ico", b"", None, 200),
    "robots": ("GET", "/robots.txt", b"", None, 200),
    "openapi": ("GET", "/openapi.json", b"", None, 200),
    "discovery": ("GET", "/$discovery/rest", b"", None, 200),
    "perspective": ("POST", "/v1alpha1/comments:analyze", b"{}", JSON, 400),
    "options": ("OPTIONS", "/api/classify", b"", None, 204),
    "unknown-static": ("GET", "/static/app.py", b"", None, 404),
    "method": ("PATCH", "/about", b"", None, 405),
    "bad-path": ("GET", "/static/%ff", b"", None, 400),
}


@pytest.mark.parametrize("case", ANSWERS.values(), ids=ANSWERS)
def test_every_answer_carries_the_headers(app, case):
    *request, status = case
    answer = call(app, *request)
    assert answer.status == status
    check_headers(answer.headers)
    kind = answer.headers.get("content-type", "")
    kept = kind.startswith(("text/javascript", "image")) or request[:2] in PLAIN
    cached = "no-cache" if kept else None
    assert answer.headers["cache-control"] == (cached or "no-store")
    if request[0] != "HEAD" and status != 204:
        assert int(answer.headers["content-length"]) == len(answer.body)


def test_request_ids_differ(app):
    ids = {call(app, "GET", "/healthz").headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.parametrize("path", ["/api/classify", "/api/compare", "/api/explain"])
def test_405_names_the_method_that_is_allowed(app, path):
    answer = call(app, "GET", path)
    check_error(answer.headers, answer.body, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


def logged(capsys) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.parametrize("kind", [ValueError, KeyError, MemoryError, UnicodeDecodeError])
def test_an_exception_is_a_plain_500(kind, capsys):
    """Neither the answer nor the log quotes it: the message may hold the text."""

    def fail(text: str) -> float:
        if kind is UnicodeDecodeError:
            raise UnicodeDecodeError("utf-8", text.encode(), 0, 1, text)
        raise kind(text)

    app = stub_app(fail)
    body = urlencode({"text": "CANARY"}).encode()
    for request in (("/api/classify", b'{"text":"CANARY"}', JSON), ("/", body, FORM)):
        answer = call(app, "POST", *request)
        assert answer.status == 500
        check_headers(answer.headers)
        check_error(answer.headers, answer.body, 500, "internal")
        assert b"CANARY" not in answer.body
        assert b"Traceback" not in answer.body
        error, request_line = logged(capsys)
        assert error.keys() == {"time", "event", "id", "type", "at"}
        assert (error["event"], error["type"]) == ("error", kind.__name__)
        assert error["at"].startswith("fail:")
        assert error["id"] == request_line["id"] == answer.headers["x-request-id"]
        assert "CANARY" not in json.dumps([error, request_line])


def test_the_log_holds_one_line_a_request_and_no_word_of_it(app, capsys):
    post(app, "/api/classify", {"text": "CANARY\r\nCANARY \x1b[31m"})
    submit(app, text="CANARY", model="CANARY")
    call(app, "GET", "/card/CANARY?q=CANARY")
    call(app, "GET", "/CANARY?q=CANARY")
    call(app, "CANARY", "/")
    lines = logged(capsys)
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/api/classify", 200),
        ("POST", "/", 422),
        ("GET", "/card/<name>", 404),
        ("GET", None, 404),
        ("other", None, 405),
    ]
    fields = ["time", "event", "id", "method", "route", "status", "ms", "bytes"]
    assert all(list(line) == fields for line in lines)
    assert "CANARY" not in json.dumps(lines)


def test_no_text_ever_goes_to_a_temporary_file(app, monkeypatch):
    """Bottle would put a large body there; a form of 10,000 emoji has 120,000 bytes."""

    def fail(*args: Any, **options: Any) -> None:
        raise AssertionError("a text would have been written to the disk")

    for module in (sys.modules["bottle"], sys.modules["tempfile"]):
        monkeypatch.setattr(module, "NamedTemporaryFile", fail)
    answer, page = submit(app, text="😀" * 10_000)
    assert answer.status == 200
    assert page.typed == "😀" * 10_000


def test_the_form_works_without_javascript(app, models):
    answer, page = submit(app, text="I hate you", model="odd", action="classify")
    said = post(app, "/api/classify", {"text": "I hate you", "model": "odd"})
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert page.typed == page.texts["blockquote"][0] == "I hate you"
    assert page.texts["strong"] == ["Toxic" if said["toxic"] else "Not toxic"]
    assert page.texts["b"] == [f"{100 * said['score']:.1f} %"]
    chosen = ["selected" in attributes for tag, attributes in page.tags if tag == "option"]
    assert chosen == [name == "odd" for name in models]


def test_the_form_compares_all_models(app, models):
    answer, page = submit(app, text="I hate you", action="compare")
    results = post(app, "/api/compare", {"text": "I hate you"})["results"]
    assert answer.status == 200
    assert page.texts["b"] == [f"{100 * result['score']:.1f} %" for result in results]
    assert len(page.texts["b"]) == len(models)


def test_the_form_explains(app):
    answer, page = submit(app, text="go away now", action="explain")
    words = post(app, "/api/explain", {"text": "go away now"})["words"]
    moved = sorted((w for w in words if w["change"] is not None), key=lambda w: -abs(w["change"]))
    assert answer.status == 200
    assert "".join(page.texts["span"]).count("go away now") == 1
    moved = [word for word in moved if abs(word["change"]) >= 0.2]
    assert page.texts["bdi"] == [word["text"] for word in moved]
    assert times(moved[0]["change"]) in page.texts["td"]


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_button_answers_its_own_text(app, number):
    answer, page = submit(app, text="something else", example=str(number), action="explain")
    assert answer.status == 200
    assert page.typed == page.texts["blockquote"][0] == EXAMPLES[number][1]
    assert "bdi" not in page.texts


def test_an_unknown_example_is_no_example(app):
    answer, page = submit(app, text="my own", example="99")
    assert (answer.status, page.typed) == (200, "my own")


@pytest.mark.parametrize(
    ("fields", "status", "typed"),
    [
        ({"text": ""}, 422, ""),
        ({"text": " \n "}, 422, " \n "),
        ({"text": "\u200b"}, 422, "\u200b"),
        ({"text": "hi", "model": "../../x"}, 422, "hi"),
        ({"text": "hi", "model": ""}, 422, "hi"),
        ({"text": "a" * 10_001}, 413, "a" * 10_001),
        ({}, 422, ""),
    ],
    ids=["empty", "blank", "no-tokens", "model", "no-model", "too-long", "nothing"],
)
def test_the_form_says_what_is_wrong_and_keeps_the_text(app, fields, status, typed):
    answer, page = submit(app, **fields)
    assert answer.status == status
    assert page.typed == typed
    [error] = [a for t, a in page.tags if a.get("role") == "alert"]
    assert error["id"] == "error"
    assert b'role="alert">A' in answer.body or b'role="alert">The' in answer.body
    of_the_text = "text" in fields and "model" not in fields
    assert page.values("textarea", "aria-invalid") == ["true" if of_the_text else None]
    assert "blockquote" not in page.texts


def test_a_busy_page_is_a_503():
    app = stub_app(lambda text: 0.5, running=1, waiting=-1)
    answer, page = submit(app, text="hi")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert page.typed == "hi"
    assert page.values("textarea", "aria-invalid") == [None]  # nothing is wrong with the text


@pytest.mark.parametrize("text", MARKUP)
@pytest.mark.parametrize("action", ["classify", "explain"])
def test_a_page_shows_markup_as_text(app, text, action):
    answer, page = submit(app, text=text, action=action)
    clean = Page(call(app, "GET", "/").body.decode())
    assert answer.status == 200
    assert page.typed == page.texts["blockquote"][0] == text
    assert page.values("script", "src") == clean.values("script", "src")
    assert not [t for t, _ in page.tags if t in ("img", "iframe", "object")]


@pytest.mark.parametrize("text", ["\nfirst line empty", "two\n\nlines", "ends\n", "a\rb", "\tc"])
def test_a_page_keeps_line_ends(app, text):
    assert submit(app, text=text)[1].typed == text


def test_a_line_end_in_a_form_counts_as_one_character(app):
    """Browsers send CRLF for what their own limit counts as one."""
    assert submit(app, text="a\n" * 5_000)[0].status == 200
    assert submit(app, text="a\n" * 5_000 + "a")[0].status == 413


@pytest.mark.parametrize("path", ["/", "/about", "/card/odd", "/card/wild"])
def test_a_page_has_no_inline_script_style_or_handler(app, path):
    page = Page(call(app, "GET", path).body.decode())
    _, shown = submit(app, text="go away now", action="explain")
    for tag, attributes in page.tags + shown.tags:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag in ("script", "link"):
            assert (attributes.get("src") or attributes["href"]).startswith("/static/")
    assert ("html", {"lang": "en"}) in page.tags


def test_a_page_with_one_model_offers_no_choice(alone):
    page = Page(call(alone, "GET", "/").body.decode())
    assert "select" not in page.texts
    assert "compare" not in page.values("button", "value")


def test_every_link_of_the_pages_leads_somewhere(app):
    for path in ("/", "/about", "/card/odd"):
        page = Page(call(app, "GET", path).body.decode())
        links = page.values("a", "href") + page.values("link", "href")
        # What a script fills in begins as "/card/".
        for link in {h for h in links if h.startswith("/")} - {"/card/"}:
            assert call(app, "GET", link.partition("#")[0]).status == 200, link


def test_a_run_of_any_name_can_be_linked_to(wild, tmp_path):
    run = shutil.copytree(wild, tmp_path / 'a#b?c&d "e"%41')
    app = Shell(make_app(Service(load_models([run]))))
    page = Page(call(app, "GET", "/about").body.decode())
    [link] = [href for href in page.values("a", "href") if href.startswith("/card/")]
    assert call(app, "GET", link.partition("#")[0]).status == 200


@pytest.mark.parametrize("name", STATIC)
def test_static_files_are_served_as_they_are(app, name):
    answer = call(app, "GET", f"/static/{name}")
    assert answer.status == 200
    assert answer.body == (WEBAPP / "static" / name).read_bytes()
    assert answer.headers["content-type"].split(";")[0] == STATIC[name]


@pytest.mark.parametrize(
    "path", ["../app.py", "%2e%2e%2fapp.py", "..%5capp.py", "app.js%00", "app.js/", "", "index.tpl"]
)
def test_nothing_else_is_served(app, path):
    answer = call(app, "GET", f"/static/{path}")
    check_error(answer.headers, answer.body, 404, "not_found")


def test_a_card_is_the_readme_of_its_run(app, runs):
    for run in runs[1:]:
        answer = call(app, "GET", f"/card/{run.name}")
        page = Page(answer.body.decode())
        _, _, card = (run / "README.md").read_text().split("---\n", 2)
        assert page.texts["pre"] == [card]
        assert page.texts["code"][1] == weights_sha256(run)
    assert b"has no model card" in call(app, "GET", "/card/wild").body


def test_about_shows_what_the_runs_recorded(app, runs):
    page = call(app, "GET", "/about").body.decode()
    for run in runs[1:]:
        results = json.loads((run / "results.json").read_text())
        for split in ("test", "validation"):
            low, high = results[split]["macro_f1_ci95"]
            assert f"{results[split]['macro_f1']:.3f} <" in page
            assert f"({low:.3f} to {high:.3f})" in page
        epochs = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
        losses = [f"{e['validation']['loss']:.3f}" for e in epochs if "validation" in e]
        assert f"{run.name}: {', '.join(losses)}" in page
        assert weights_sha256(run)[:12] in page


def test_about_names_what_every_model_may_call_a_text(web_runs, tmp_path):
    run = shutil.copytree(web_runs / "odd", tmp_path / "other")
    config = json.loads((run / "config.json").read_text())
    config["id2label"] = {"0": "fine", "1": "offensive"}
    (run / "config.json").write_text(json.dumps(config))
    (run / "MANIFEST.json").unlink()
    models = load_models([web_runs / "odd", run])
    page = call(Shell(make_app(Service(models))), "GET", "/about").body.decode()
    assert "share of texts called hate or offensive: near 100 %" in page


def test_the_text_of_several_that_is_refused_is_named(app):
    for texts, told in (
        (["fine words here", " ", "others"], "Text 2 of 3: There is nothing to read in this text."),
        (["fine", "a" * 10_001], "Text 2 of 2: A text has at most 10,000 characters."),
        (["fine", "others", 3], "Text 3 of 3: A text must be a string."),
        ([" "], "There is nothing to read in this text."),
    ):
        answer = call(app, "POST", "/api/classify", json.dumps({"texts": texts}).encode(), JSON)
        assert json.loads(answer.body)["error"]["message"] == told


def test_about_needs_no_results(alone):
    answer = call(alone, "GET", "/about")
    assert answer.status == 200
    assert b"Model card of wild" in answer.body
    assert b'class="chart"' not in answer.body


def test_a_torn_line_of_metrics_is_left_out(web_runs, tmp_path):
    run = shutil.copytree(web_runs / "odd", tmp_path / "odd")
    with open(run / "metrics.jsonl", "a", encoding="utf-8") as file:
        file.write('{"epoch": 3, "valid')
    model = load_models([run])["odd"]
    assert [epoch["epoch"] for epoch in model.epochs] == [1, 2]
    assert call(Shell(make_app(Service({"odd": model}))), "GET", "/about").status == 200


SCORED = {"macro_f1": 0.5, "macro_f1_ci95": [0.4, 0.6], "n": 3}
FOREIGN: list[Any] = [
    {"test": 3, "validation": None},
    {"test": [0.5], "validation": "0.5"},
    {"test": {}, "validation": {"macro_f1": 0.5}},
    {"test": SCORED | {"macro_f1": math.nan}, "validation": SCORED | {"macro_f1_ci95": [0.4]}},
    {"test": SCORED | {"loss": "low"}, "validation": SCORED | {"n": 3.5}},
    {"test": SCORED | {"macro_f1": 10**400}, "validation": SCORED | {"accuracy": True}},
    {"test": SCORED | {"classes": [1, 2]}, "validation": SCORED | {"classes": {}}},
    {"test": SCORED | {"classes": [{"n": 1}] * 2, "confusion": [[1], [1]]}},
    {"parameters": 10**400, "best_epoch": "last", "test": {"parameters": "many"}},
]


@pytest.mark.parametrize("results", FOREIGN)
def test_results_of_another_program_are_left_out_and_told(web_runs, tmp_path, capsys, results):
    run = shutil.copytree(web_runs / "odd", tmp_path / "odd")
    (run / "results.json").write_text(json.dumps(results))
    app = Shell(make_app(Service(load_models([run]))))
    for path in ("/", "/about", "/api/info", "/card/odd"):
        answer = call(app, "GET", path)
        assert answer.status == 200
        assert b'class="chart"' not in answer.body
    said = capsys.readouterr().err
    for split in {"test", "validation"} & results.keys():
        assert f"odd/results.json: {split} is not what train.py writes: left out" in said


@pytest.mark.parametrize("content", ["[1]", '"0.5"', "{", '{"train_loss": "x", "test": 1}'])
def test_of_others_models_no_results_are_read(wild, tmp_path, capsys, content):
    run = shutil.copytree(wild, tmp_path / "wild")
    (run / "results.json").write_text(content)
    app = Shell(make_app(Service(load_models([run]))))
    assert call(app, "GET", "/about").status == 200
    assert "results.json" not in capsys.readouterr().err


def test_scores_that_are_not_known_are_shown_as_such(web_runs, tmp_path):
    """AUROC is no number where the split has one class alone."""
    run = shutil.copytree(web_runs / "odd", tmp_path / "odd")
    results = json.loads((run / "results.json").read_text())
    results["test"]["auroc"] = math.nan
    (run / "results.json").write_text(json.dumps(results))
    app = Shell(make_app(Service(load_models([run]))))
    assert b'<h2 id="test-0">' in call(app, "GET", "/about").body


def test_foreign_lines_of_metrics_are_left_out(web_runs, tmp_path):
    run = shutil.copytree(web_runs / "odd", tmp_path / "odd")
    foreign = [
        *({"epoch": 3, "validation": v} for v in (3, [], {}, {"loss": "x"}, {"loss": math.nan})),
        *({"epoch": epoch, "validation": {"loss": 1.0}} for epoch in (None, "last")),
        {"validation": {"loss": 1.0}},
        {"epoch": 3, "validation": {"loss": 0}},
    ]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in foreign))
    with open(run / "metrics.jsonl", "a", encoding="utf-8") as file:
        file.write("[" * 10_000 + "\n")
    model = load_models([run])["odd"]
    assert model.epochs == []


def explained(app: Callable, text: str, in_windows: bool = False) -> dict[str, Any]:
    """The explanation of a text, after what must be true of every one."""
    answer = post(app, "/api/explain", {"text": text})
    check_answer(answer)
    assert answer["method"] == "leave-one-out"
    assert "".join(word["text"] for word in answer["words"]) + answer["unread"] == text
    if not in_windows:
        gaps = [not word["text"].strip() for word in answer["words"]]
        assert [word["change"] is None for word in answer["words"]] == gaps
    return answer


def check_changes(app: Callable, answer: dict[str, Any]) -> None:
    """Compare every change with the score of the text that was read, without that word."""
    words, whole = answer["words"], logit(answer["score"])
    for i, word in enumerate(words):
        if word["change"] is not None:
            rest = "".join(other["text"] for other in words[:i] + words[i + 1 :])
            score = post(app, "/api/classify", {"text": rest})["score"]
            assert word["score_without"] == pytest.approx(score, abs=1e-5)
            assert word["change"] == pytest.approx(whole - logit(score), abs=1e-3)


@pytest.mark.parametrize(
    "text", ["I hate you", "  go   away\nnow, go!  ", "naïve café 😀 中文", 'say "no" to <b>']
)
def test_a_change_is_the_score_without_the_word(app, text):
    answer = explained(app, text)
    assert answer["unread"] == ""
    assert max(abs(w["change"]) for w in answer["words"] if w["change"] is not None) > 0.01
    check_changes(app, answer)


@pytest.mark.parametrize("last", ["", "unaffableness", "각각각", "e\u0301\u0301", "x" * 101])
def test_of_a_long_text_the_window_that_answers_is_explained(app, models, last):
    """What stands before and behind it is shown as it is, what no window holds as unread."""
    end = " and this is not read"
    for count in (130, 800):
        text = "go away " * (count // 2) + (last or "b") + end
        answer = explained(app, text, in_windows=True)
        spans = models["wild"].classifier.spans(text)
        begin, stop = spans[answer["window"] - 1]
        moved = [word for word in answer["words"] if word["change"] is not None]
        places = [place for place, word in enumerate(answer["words"]) if word in moved]
        before = "".join(word["text"] for word in answer["words"][: places[0]])
        assert len(before) >= begin
        assert "".join(word["text"] for word in moved).replace(" ", "") == text[begin:stop].replace(
            " ", ""
        )
        assert answer["unread"] == (text[spans[-1][1] :] if count == 800 else "")
        assert bool(answer["unread"]) is answer["truncated"] is (count == 800)


def test_a_part_has_whole_words_alone():
    text = "one two three four"
    assert whole_words(text, 0, len(text)) == (0, 18)
    for begin, end, part in (
        (0, 16, "one two three"),
        (4, 13, "two three"),
        (3, 14, " two three "),
    ):
        first, last = whole_words(text, begin, end)
        assert text[first:last].strip() == part.strip()
    assert whole_words("unbroken", 2, 5) == (2, 5)  # where no word is whole
    assert whole_words("x" * 100 + " y " + "x" * 100, 10, 110) == (10, 103)


def test_what_a_word_gives_adds_up_where_a_window_begins_inside_a_word(app, models):
    """The score without it is that of the part without it, by itself."""
    text = "hate califragilisticness " * 60
    answer = explained(app, text, in_windows=True)
    words = answer["words"]
    moved = [i for i, word in enumerate(words) if word["change"] is not None]
    part = words[moved[0] : moved[-1] + 1]
    for i, word in [(i, word) for i, word in enumerate(part) if word["change"] is not None][:3]:
        assert word["text"].split()[0] in ("hate", "califragilisticness")
        rest = "".join(other["text"] for other in part[:i] + part[i + 1 :])
        score = post(app, "/api/classify", {"text": rest})["score"]
        assert word["score_without"] == pytest.approx(score, abs=1e-5)


def test_one_word_is_explained(app, models):
    answer = explained(app, "idiot")
    [word] = answer["words"]
    nothing = models["wild"].classifier.predict([""])[0].score
    assert word["change"] == pytest.approx(logit(answer["score"]) - logit(nothing), abs=1e-3)


def test_an_explanation_asks_for_at_most_40_texts_more():
    """And where no word moves the text, for as many without two of them."""
    asked: list[str] = []

    def score(text: str) -> float:
        asked.append(text)
        return 0.5 + 0.1 * (text.count("a") % 2)

    app = stub_app(score)
    for count, pieces in ((1, 1), (40, 40), (41, 21), (100, 34), (5_000, 40)):
        asked.clear()
        words = explained(app, "a " * count)["words"]
        assert len([word for word in words if word["change"] is not None]) == pieces
        assert len(asked) == pieces + 2
        asked.clear()
        still = explained(stub_app(lambda text: asked.append(text) or 0.5), "a " * count)
        pairs = min(pieces * (pieces - 1) // 2, pieces - 1) if pieces > 9 else 0
        assert (still["pairs"], len(asked)) == ([], pieces + 2 + 1 + pairs)


def test_two_words_that_say_the_same_are_found_together():
    """Each hides the other: only without both is the score another one."""
    app = stub_app(lambda text: 0.9 if "mean" in text or "nasty" in text else 0.1)
    answer = explained(app, "a mean and nasty old man")
    assert [word["change"] for word in answer["words"] if word["change"]] == []
    [pair] = answer["pairs"]
    assert (pair["text"], pair["score_without"]) == ("mean … nasty", pytest.approx(0.1))
    assert pair["change"] == pytest.approx(logit(0.9) - logit(0.1))
    _, page = submit(app, text="a mean and nasty old man", action="explain")
    assert page.texts["bdi"] == ["mean … nasty"]
    assert "No word moves it alone, these do so together:" in page.texts["p"]
    answer = explained(stub_app(lambda text: 0.5), "nothing moves this")
    assert answer["pairs"] == []


def test_certain_answers_still_show_words():
    """The probability is 1.000 with the word and without; the odds are not."""
    app = stub_app(lambda text: 1 - (1e-9 if "hate" in text else 1e-6))
    answer = explained(app, "I hate you")
    [word] = top_words(answer["words"])
    assert word["text"] == "hate"
    assert word["change"] == pytest.approx(math.log(1000), abs=1e-3)


def test_a_full_gate_refuses_at_once_and_healthz_answers():
    """One text is computed at a time and one waits; the third is refused."""
    entered, release, running, most = threading.Event(), threading.Event(), [], []

    def score(text: str) -> float:
        running.append(text)
        most.append(len(running))
        entered.set()
        assert release.wait(30)
        running.pop()
        return 0.5

    app = stub_app(score, running=1, waiting=1)

    def ask() -> Answer:
        return call(app, "POST", "/api/classify", b'{"text":"hi"}', JSON)

    with ThreadPoolExecutor(3) as pool:
        try:
            first = pool.submit(ask)
            assert entered.wait(30)
            # One of these two waits, the other is refused, whichever comes first.
            done, waiting = wait([pool.submit(ask), pool.submit(ask)], 30, FIRST_COMPLETED)
            [refused] = [future.result() for future in done]
            assert call(app, "GET", "/healthz").status == 200
            assert call(app, "GET", "/").status == 200
            assert not first.done()
        finally:
            release.set()
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    check_headers(refused.headers)
    check_error(refused.headers, refused.body, 503, "busy")
    assert [future.result().status for future in (first, *waiting)] == [200, 200]
    assert most == [1, 1]
    assert ask().status == 200


@pytest.mark.parametrize("path", ["/api/classify", "/api/compare", "/api/explain"])
def test_places_are_given_back_after_an_exception(path):
    problems: list[Exception] = [ValueError()] * 3 + [Refused(422, "x", "x.")] * 3

    def score(text: str) -> float:
        if problems:
            raise problems.pop()
        return 0.5

    app = stub_app(score, running=1, waiting=1)
    statuses = [call(app, "POST", path, b'{"text":"hi"}', JSON).status for _ in range(7)]
    assert statuses == [422] * 3 + [500] * 3 + [200]


def test_the_end_is_logged_with_what_was_dropped(capsys, monkeypatch):
    """Where a text is still being read, the process does not wait for it."""
    exits: list[int] = []
    monkeypatch.setattr("signal.signal", lambda *args: None)
    monkeypatch.setattr("os._exit", exits.append)
    gate, end = Gate(1, 1), lambda: serve(SimpleNamespace(run=lambda: None), gate, "serving")
    gate.run(end)
    out, err = capsys.readouterr()
    assert out == "serving\n"
    line = json.loads(err)
    assert (line["event"], line["dropped"], exits) == ("stopped", 1, [0])
    end()
    assert (logged(capsys)[0]["dropped"], exits) == (0, [0])


def test_models_compute_in_threads_of_the_gate():
    """In the server's threads the C library would keep working memory for each of them."""
    names = set()

    def score(text: str) -> float:
        names.add(threading.current_thread().name)
        return 0.5

    app = stub_app(score, running=1, waiting=20)
    with ThreadPoolExecutor(8) as pool:
        for path in ["/api/classify", "/api/compare", "/api/explain"] * 8:
            pool.submit(call, app, "POST", path, b'{"text":"hi you"}', JSON)
    assert names == {"model_0"}


def trained(name: str) -> bool:
    """Whether a parameter of a merged LoRA run is its own, and not its base's."""
    return name.endswith(("query.weight", "value.weight")) or name.startswith("classifier.")


def test_adapters_share_the_weights_of_their_base(models):
    first, second = (
        dict(models[name].classifier.model.named_parameters()) for name in ("lora", "lora-2")
    )
    for name, parameter in first.items():
        shared = parameter.data_ptr() == second[name].data_ptr()
        assert shared is not trained(name), name
    tensors = {t.data_ptr(): t for t in (*first.values(), *second.values())}
    own = sum(t.nbytes for name, t in second.items() if trained(name))
    assert sum(t.nbytes for t in tensors.values()) == own + sum(t.nbytes for t in first.values())


@pytest.mark.parametrize("name", ["wild", "teacher", "odd", "lora", "lora-2"])
def test_a_model_answers_beside_others_as_it_does_alone(models, runs, name):
    [run] = [run for run in runs if run.name == name]
    single = load_models([run])[name]
    for own, other in zip(
        models[name].classifier.model.parameters(),
        single.classifier.model.parameters(),
        strict=True,
    ):
        assert own.equal(other)
    scores = [p.score for p in models[name].classifier.predict(TEXTS)]
    assert scores == [p.score for p in single.classifier.predict(TEXTS)]


def test_runs_are_chosen_from_folders_and_one_by_one(web_runs):
    names = ["teacher", "odd", "lora", "lora-2"]
    assert [run.name for run in choose_runs([web_runs])] == names
    picked = choose_runs([web_runs / "lora-2", web_runs / "odd"])
    assert [run.name for run in picked] == ["lora-2", "odd"]


def test_a_run_that_is_a_link_keeps_the_name_of_the_link(web_runs, tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/mine").symlink_to(web_runs / "odd")
    (tmp_path / "runs/other").symlink_to(web_runs / "odd")  # one target, two names
    assert [run.name for run in choose_runs([tmp_path / "runs"])] == ["mine", "other"]
    monkeypatch.chdir(tmp_path / "runs/mine")
    assert [run.name for run in choose_runs([Path()])] == ["odd"]  # "." has no name of its own
    monkeypatch.chdir(tmp_path)
    models = load_models(choose_runs([Path("runs/mine")]))
    app = Shell(make_app(Service(models)))
    assert [model["name"] for model in call(app, "GET", "/api/info").json()["models"]] == ["mine"]
    assert b"Model card of mine" in call(app, "GET", "/about").body


@pytest.mark.parametrize("folders", [("runs",), ("runs", "runs/demo"), ("runs/demo",)])
def test_runs_are_found_where_the_commands_leave_them(web_runs, tmp_path, monkeypatch, folders):
    monkeypatch.chdir(tmp_path)
    for folder in folders:
        shutil.copytree(web_runs / "odd", Path(folder) / "odd")
    assert choose_runs(None) == [tmp_path / folders[0] / "odd"]


def test_no_runs_is_an_error_that_says_how_to_make_some(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for paths in (None, [tmp_path], [tmp_path / "nothing"]):
        with pytest.raises(ModelError, match=r"no trained model in .*make demo"):
            choose_runs(paths)


def test_without_a_choice_the_best_run_answers(wild, tmp_path, monkeypatch):
    """Whole before interrupted, real data before the sample, then the score on validation."""
    monkeypatch.chdir(tmp_path)
    told = {
        "teacher": {"data_name": "sample", "score": 0.99},
        "odd": {"data_name": "tweets", "score": 0.7},
        "even": {"data_name": "tweets", "score": 0.8, "interrupted": True},
        "lora": {"data_name": "tweets", "score": 0.75},
        "mine": {},
        "torn": {"data_name": "tweets", "score": "0.9"},
    }
    for name, record in told.items():
        run = shutil.copytree(wild, tmp_path / "runs" / name)
        score = record.pop("score", None)
        record |= {"label_names": ["not-hate", "hate"], "max_length": 128}
        (run / "train_args.json").write_text(json.dumps(record))
        (run / "results.json").write_text(json.dumps({"validation": {"macro_f1": score}}))
    assert [run.name for run in choose_runs(None)][:2] == ["lora", "teacher"]
    assert [run.name for run in choose_runs([Path("runs")])][:2] == ["teacher", "odd"]
    shutil.rmtree(tmp_path / "runs/lora")
    assert choose_runs(None)[0].name == "odd"


def test_results_of_other_data_stand_apart_and_those_made_up_last(wild, web_runs, tmp_path):
    real = shutil.copytree(web_runs / "odd", tmp_path / "real")
    record = json.loads((real / "train_args.json").read_text())
    (real / "MANIFEST.json").unlink()
    (real / "train_args.json").write_text(json.dumps(record | {"data_name": "tweets"}))
    app = Shell(make_app(Service(load_models([web_runs / "teacher", real, wild]))))
    page = Page(call(app, "GET", "/about").body.decode())
    heads = [text for text in page.texts["h2"] if "macro-F1" in text]
    assert heads == [
        "Test set of tweets: macro-F1",
        "Validation set of tweets: macro-F1",
        "Test set of the sentences made up for this project: macro-F1",
        "Validation set of the sentences made up for this project: macro-F1",
    ]
    assert "real: half the layers, 1 3" in page.texts["th"]
    assert "teacher: all layers, fine-tuned" in page.texts["th"]


def test_two_runs_of_one_name_are_refused(web_runs, tmp_path):
    shutil.copytree(web_runs / "odd", tmp_path / "odd")
    with pytest.raises(UsageError, match="two runs are called odd"):
        choose_runs([web_runs, tmp_path])


def check_documented(app: Callable, path: str, body: bytes, kind: str = JSON) -> None:
    """Whatever was sent, the answer is one of those that the documentation names."""
    answer = call(app, "POST", path, body, kind)
    assert answer.status in DOCUMENTED
    check_headers(answer.headers)
    if path == "/":
        Page(answer.body.decode())
    elif answer.status != 200:
        value = answer.json()
        code = value["code"] if path == "/predict" else value["error"]["code"]
        check_error(answer.headers, answer.body, answer.status, code, path)
    elif path != "/predict":
        value = answer.json()
        for result in value.get("results", [value]):
            check_answer(result)


PATHS = st.sampled_from(["/api/classify", "/api/compare", "/api/explain"])
ANY_TEXT = st.text(st.characters())  # lone surrogates too
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["text", "texts", "model", "inputs", "parameters", "truncate"])
QUICK = settings(max_examples=150, deadline=None, database=None)


@QUICK
@given(path=PATHS, text=ANY_TEXT)
def test_any_text_is_answered(app, path, text):
    field = "inputs" if path == "/predict" else "text"
    check_documented(app, path, json.dumps({field: text}).encode())


@QUICK
@given(path=PATHS, value=st.dictionaries(FIELDS, ANY_JSON, max_size=3) | ANY_JSON)
def test_any_json_is_answered(app, path, value):
    check_documented(app, path, json.dumps(value).encode())


@QUICK
@given(path=PATHS | st.just("/"), body=st.binary(), kind=st.sampled_from([JSON, FORM, "x/y"]))
def test_any_bytes_are_answered(app, path, body, kind):
    check_documented(app, path, body, kind)


@QUICK
@given(text=st.text(), action=st.sampled_from(["classify", "compare", "explain", ""]))
def test_any_form_is_answered_with_its_text(app, text, action):
    answer, page = submit(app, text=text, action=action)
    assert answer.status in (200, 422)
    if "\0" not in text and "\r" not in text:
        assert page.typed == text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (math.log(2), "\u2191 2.0 times"),
        (-math.log(1.5), "\u2193 1.5 times"),
        (9, "\u2191 8,103.1 times"),
    ],
)
def test_a_change_is_told_as_what_it_makes_of_the_odds(change, text):
    assert times(change) == text
