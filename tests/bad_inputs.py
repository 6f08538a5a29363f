"""What people and programs send by mistake or on purpose, and how each of it must be answered."""

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from experiment.classifier import MOST_WINDOWS

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
ANSWER = {
    "label", "toxic", "reason", "score", "threshold", "scores", "truncated", "n_tokens",
    "max_tokens", "window", "windows", "model", "ms",
}  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "{{7*7}}",
    "{{!text}}",
    "% import os",
    "<% import os %>",
    "% include('card.tpl')",
    "\n% end\n",
    "&lt;b&gt; &amp;amp;",
)


class Row(NamedTuple):
    """A request and its answer: `code` names the error, None where there is none or a page."""

    name: str
    body: bytes
    status: int
    code: str | None = None
    path: str = "/api/classify"
    method: str = "POST"
    kind: str | None = JSON  # the Content-Type
    holds: tuple[tuple[str, Any], ...] = ()  # of a classification: fields with these values


def says(name: str, text: object, status: int = 200, code: str | None = None, **holds: Any) -> Row:
    """A row that sends `text` as UTF-8 JSON; as escapes, where it has no UTF-8."""
    body = json.dumps({"text": text}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if code == "invalid_text":
        body = json.dumps({"text": text}).encode()
    return Row(name, body, status, code, holds=tuple(holds.items()))


def empty(name: str, text: str) -> Row:
    return says(name, text, 422, "empty_text")


def no_json(name: str, body: bytes, code: str = "invalid_json") -> Row:
    return Row(name, body, 400, code)


def form(name: str, body: bytes, status: int) -> Row:
    return Row(name, body, status, path="/", kind=FORM)


HI = b'{"text":"hi"}'
ROWS = [
    empty("1-empty", ""),
    empty("2-spaces", "   "),
    empty("2-tabs-and-lines", "\t\r\n\v\f"),
    empty("2-no-break-space", "\u00a0"),
    empty("2-em-space", "\u2003\u3000"),
    empty("3-zero-width", "\u200b\u200d"),
    empty("3-byte-order-mark", "\ufeff"),
    empty("4-nul", "\0"),
    empty("4-control", "\x01\x02\x7f"),
    empty("5-combining-marks", "\u0301\u0308"),
    Row("6-no-field", b"{}", 422, "missing_field"),
    says("7-null", None, 422, "invalid_type"),
    says("7-number", 1, 422, "invalid_type"),
    says("7-true", True, 422, "invalid_type"),
    says("7-list", ["hi"], 422, "invalid_type"),
    says("7-object", {"a": "hi"}, 422, "invalid_type"),
    Row("8-list", b"[]", 422, "invalid_type"),
    Row("8-string", b'"hi"', 422, "invalid_type"),
    Row("8-null", b"null", 422, "invalid_type"),
    no_json("9-empty-body", b"", "empty_body"),
    no_json("10-cut", b'{"text":'),
    no_json("10-trailing-comma", b'{"text":"hi",}'),
    no_json("10-trailing-junk", b'{"text":"hi"} x'),
    no_json("10-two-objects", HI + HI),
    no_json("10-single-quotes", b"{'text':'hi'}"),
    no_json("11-nan", b'{"text":NaN}'),
    no_json("11-infinity", b'{"text":-Infinity}'),
    no_json("12-key-twice", b'{"text":"hi","text":"ho"}'),
    no_json("12-inner-key-twice", b'{"text":{"a":1,"a":2}}'),
    Row("13-model-path", b'{"text":"hi","model":"../../x"}', 422, "unknown_model"),
    Row("13-model-list", b'{"text":"hi","model":["odd"]}', 422, "unknown_model"),
    Row("13-extra-field", b'{"text":"hi","modle":"odd"}', 422, "unknown_field"),
    no_json("14-nested", b"[" * 30_000),
    no_json("14-nested-objects", b'{"a":' * 10_000),
    no_json("15-digits", b'{"text":' + b"1" * 5_000 + b"}"),
    no_json("16-bad-utf8", b"\xff\xfe", "invalid_utf8"),
    no_json("16-bad-utf8-text", b'{"text":"\xc3\x28"}', "invalid_utf8"),
    no_json("16-surrogate-bytes", b'{"text":"\xed\xa0\x80"}', "invalid_utf8"),
    no_json("17-utf16", '{"text":"hi"}'.encode("utf-16"), "invalid_utf8"),
    no_json("17-utf16-no-mark", '{"text":"hi"}'.encode("utf-16-le")),
    no_json("18-byte-order-mark", b"\xef\xbb\xbf" + HI),
    says("19-lone-surrogate", "a \ud800", 422, "invalid_text"),
    says("19-wrong-order", "\ude00\ud83d", 422, "invalid_text"),
    Row("20-pair", rb'{"text":"\ud83d\ude00"}', 200),
    says("21-odd-code-points", "a \ufffd \ue000 \U0010ffff"),
    says("22-line-ends-and-escapes", "a\r\nb \x1b[31mc\x1b[0m {"),
    says("23-longest", "a " * 5_000, truncated=True, n_tokens=793),
    says("23-126-pieces", "a " * 126, truncated=False, n_tokens=128),
    says("23-127-pieces", "a " * 127, truncated=False, n_tokens=129, windows=2),
    says("24-too-long", "a" * 10_001, 413, "text_too_long"),
    says("24-too-long-blank", " " * 10_001, 413, "text_too_long"),
    says("25-66-kB", "a" * 66_000, 413, "body_too_large"),
    says("25-900-kB", "a" * 900_000, 413, "body_too_large"),
    Row("25-64-KiB", HI + b" " * (65_536 - len(HI)), 200),
    Row("25-64-KiB-and-one", HI + b" " * (65_537 - len(HI)), 413, "body_too_large"),
    says("28-one-long-word", "a" * 9_999, n_tokens=3, truncated=False),
    says("29-cjk", "中" * 10_000, truncated=True, n_tokens=793, toxic=None),
    says("30-zalgo", "h" + "\u0301" * 4_000, n_tokens=3),
    says("31-nul-inside", "id\0iot"),
    says("32-emoji", "😀 👨‍👩‍👧‍👦 🇩🇪"),
    says("33-right-to-left", "مرحبا שלום"),
    says("33-override", "abc \u202egnihtyna\u202c"),
    says("34-zero-width-inside", "id\u200biot"),
    says("34-soft-hyphen", "id\u00adiot"),
    says("35-homoglyph", "іdіоt"),
    says("35-fullwidth", "ｉｄｉｏｔ"),
    says("35-leet", "1d10t"),
    says("36-special-tokens", "[CLS] [SEP] [PAD] [MASK]"),
    *(says(f"37-38-markup-{i}", text) for i, text in enumerate(MARKUP)),
    says("39-sql", "'; DROP TABLE users; --"),
    says("39-shell", "$(rm -rf /) `id` | cat"),
    says("39-path", "../../etc/passwd"),
    Row("40-plain", HI, 415, "not_json", kind="text/plain"),
    Row("40-form", b"text=hi", 415, "not_json", kind=FORM),
    Row("40-no-type", HI, 415, "not_json", kind=None),
    Row("41-other-json", HI, 415, "not_json", kind="application/vnd.api+json"),
    Row("42-charset", HI, 200, kind="application/json; charset=latin1"),
    Row("42-upper-case", HI, 200, kind="Application/JSON"),
    Row("43-get", b"", 405, "method_not_allowed", method="GET", kind=None),
    Row("43-put", HI, 405, "method_not_allowed", method="PUT"),
    Row("43-delete", b"", 405, "method_not_allowed", method="DELETE", kind=None),
    Row("43-post-elsewhere", HI, 405, "method_not_allowed", path="/healthz"),
    Row("43-put-page", HI, 405, "method_not_allowed", path="/", method="PUT"),
    Row("44-unknown", b"", 404, "not_found", "/nothing", "GET", None),
    Row("44-unknown-post", HI, 404, "not_found", "/api/nothing"),
    Row("44-above-root", b"", 404, "not_found", "/../../etc/passwd", "GET", None),
    Row("44-card", b"", 404, "not_found", "/card/nothing", "GET", None),
    Row("45-bad-path", b"", 400, "invalid_path", "/%ff", "GET", None),
    Row("45-bad-path-inside", b"", 400, "invalid_path", "/card/%c3%28", "GET", None),
    form("46-bad-utf8", b"text=a%ff", 400),
    form("46-bad-bytes", b"text=a\xff", 400),
    form("46-surrogate", b"text=%ed%a0%80", 400),
    form("46-many-fields", b"&".join([b"a=1"] * 9), 400),
    form("46-no-fields", b"", 422),
    form("46-empty", b"text=", 422),
    form("46-unknown-model", b"text=hi&model=nothing", 422),
    form("46-too-long", b"text=" + b"a" * 10_001, 413),
    form("46-too-large", b"text=" + b"a" * 131_072, 413),
    form("46-widest", b"text=" + b"%F0%9F%98%80" * 10_000, 200),
    Row("predict-no-field", b"{}", 422, "missing_field", "/predict"),
    Row("predict-number", b'{"inputs":1}', 422, "invalid_type", "/predict"),
    Row("predict-pair", b'{"inputs":[["a","b"]]}', 422, "invalid_type", "/predict"),
    Row("predict-nested", b'{"inputs":[[["a"]]]}', 422, "invalid_type", "/predict"),
    Row("predict-none", b'{"inputs":[]}', 422, "batch_size", "/predict"),
    Row(
        "predict-list", b'{"inputs":"a","parameters":[]}', 422, "unknown_parameter", "/predict"
    ),
    Row(
        "predict-direction",
        b'{"inputs":"a","truncation_direction":[]}',
        422,
        "unknown_parameter",
        "/predict",
    ),
    Row("predict-text", HI, 422, "unknown_field", "/predict"),
    Row("predict-model", b'{"inputs":"a","model":"odd"}', 422, "unknown_field", "/predict"),
    Row(
        "predict-parameters",
        b'{"inputs":"a","parameters":{"top":1}}',
        422,
        "unknown_parameter",
        "/predict",
    ),
    Row(
        "predict-function",
        b'{"inputs":"a","parameters":{"function_to_apply":"log"}}',
        422,
        "unknown_parameter",
        "/predict",
    ),
    Row(
        "predict-top-0",
        b'{"inputs":"a","parameters":{"top_k":0}}',
        422,
        "invalid_type",
        "/predict",
    ),
    Row("predict-raw", b'{"inputs":"a","raw_scores":1}', 422, "invalid_type", "/predict"),
    Row(
        "predict-left",
        b'{"inputs":"a","truncation_direction":"left"}',
        422,
        "unknown_parameter",
        "/predict",
    ),
    Row(
        "predict-whole",
        b'{"inputs":"' + b"a " * 2000 + b'","truncate":false}',
        413,
        "text_too_long",
        "/predict",
    ),
    Row("compare-no-field", b"{}", 422, "missing_field", "/api/compare"),
    Row("compare-model", b'{"text":"hi","model":"odd"}', 422, "unknown_field", "/api/compare"),
    Row("compare-texts", b'{"texts":["hi"]}', 422, "unknown_field", "/api/compare"),
    Row("compare-no-tokens", rb'{"text":"\u200b"}', 422, "empty_text", "/api/compare"),
    Row("explain-no-field", b"{}", 422, "missing_field", "/api/explain"),
    Row("explain-model", b'{"text":"hi","model":"x"}', 422, "unknown_model", "/api/explain"),
    Row("explain-texts", b'{"texts":["hi"]}', 422, "unknown_field", "/api/explain"),
    Row("explain-no-tokens", rb'{"text":"\u200b"}', 422, "empty_text", "/api/explain"),
    Row("both-fields", b'{"text":"hi","texts":["hi"]}', 422, "missing_field"),
    Row("texts-string", b'{"texts":"hi"}', 422, "invalid_type"),
    Row("texts-number-inside", b'{"texts":["hi",1]}', 422, "invalid_type"),
    Row("texts-empty-inside", b'{"texts":["hi",""]}', 422, "empty_text"),
    Row("texts-no-tokens-inside", rb'{"texts":["hi","\u200b"]}', 422, "empty_text"),
    Row("texts-none", b'{"texts":[]}', 422, "batch_size"),
]  # fmt: skip
NAMES = [row.name for row in ROWS]


def check_headers(headers: Mapping[str, str]) -> None:
    """What every answer of the application carries, and what none does; names in lower case."""
    assert HEADERS.items() <= headers.items()
    assert set(headers["content-security-policy"].split("; ")) >= POLICY
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert len(headers["x-request-id"]) == 16
    assert not {"set-cookie", "server", "x-powered-by", "via"} & headers.keys()
    assert not [name for name in headers if name.startswith("access-control-")]


def check_error(
    headers: Mapping[str, str], body: bytes, status: int, code: str, path: str = ""
) -> None:
    """An error has one shape, whoever noticed it; on /predict that of Hugging Face's servers."""
    value = json.loads(body)
    assert headers["content-type"] == JSON
    assert headers["cache-control"] == "no-store"
    if path == "/predict":
        assert value.keys() == {"error", "error_type", "code"}
        assert value["error"].endswith(".")
        assert (value["error_type"], value["code"]) == ("Validation", code)
        return
    assert value.keys() == {"error", "request_id"}
    assert value["error"].keys() == {"code", "message", "status"}
    assert (value["error"]["status"], value["error"]["code"]) == (status, code)
    assert value["error"]["message"].endswith(".")
    assert value["request_id"] == headers["x-request-id"]


def check_answer(answer: dict[str, Any]) -> None:
    """One classification: its fields, and that they agree with each other."""
    assert answer.keys() >= ANSWER
    score, toxic = answer["score"], answer["toxic"]
    assert isinstance(score, float)
    assert math.isfinite(score)
    assert 0 <= score <= 1
    if answer["reason"] is None:
        assert toxic is (score >= answer["threshold"])
        assert answer["label"] == ("toxic" if toxic else "not_toxic")
    else:
        assert (toxic, answer["label"]) == (None, "cannot_tell")
        assert answer["reason"].endswith(".")
    assert answer["scores"] == {"toxic": score, "not_toxic": 1 - score}
    assert answer["max_tokens"] == 128
    assert 1 <= answer["window"] <= answer["windows"] <= MOST_WINDOWS
    assert 3 <= answer["n_tokens"] <= 2 + 126 * answer["windows"]
    assert (answer["windows"] > 1) is (answer["n_tokens"] > 128)
    assert answer["model"].keys() == {"name", "sha256", "about"}
    assert len(answer["model"]["sha256"]) == 64
    assert answer["ms"] >= 0


def check_row(row: Row, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Whether a request was answered as its row says."""
    assert status == row.status, body[:500]
    check_headers(headers)
    if row.path == "/" and row.method == "POST":
        assert headers["content-type"] == "text/html; charset=UTF-8"
    elif row.code:
        check_error(headers, body, row.status, row.code, row.path)
    else:
        answer = json.loads(body)
        check_answer(answer)
        assert dict(row.holds).items() <= answer.items()
    assert ("allow" in headers) == (status == 405)
