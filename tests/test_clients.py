"""Programs of others: Hugging Face's client, one made from openapi.json, browsers and proxies."""

import http.client
import json
import math

import pytest
import schemathesis
from bad_inputs import JSON
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from small import FOUR
from test_webapp import call, post
from webserver import make_run, running

from webapp.__main__ import parse_args
from webapp.app import make_app
from webapp.models import load_models
from webapp.server import Shell
from webapp.service import Service

TEXTS = ["I hate you", "Thank you all.", "hi", "idiot", "what a day", "go away", "x", "naïve café"]
THRESHOLD = 0.9
FLAGS = ("--prefix", "/toxic/", "--allow-origin", "https://a.example")


@pytest.fixture(scope="module")
def runs(minilm, tmp_path_factory):
    """Of two classes with a threshold far from 1/2, and of four."""
    home = tmp_path_factory.mktemp("clients")
    two, four = make_run(home / "two", minilm), make_run(home / "four", minilm, label_names=FOUR)
    config = json.loads((two / "config.json").read_text())
    config["decision"] = {"temperature": 2.0, "threshold": THRESHOLD}
    (two / "config.json").write_text(json.dumps(config))
    return {"two": two, "four": four}


@pytest.fixture(scope="module")
def models(runs):
    return load_models([*runs.values()])


@pytest.fixture(scope="module")
def servers(runs, tmp_path_factory):
    home = tmp_path_factory.mktemp("logs")
    with (
        running(home / "two.log", "--run", runs["two"], *FLAGS) as two,
        running(home / "four.log", "--run", runs["four"]) as four,
    ):
        yield {"two": two, "four": four}


@pytest.fixture(scope="module")
def app(models):
    return Shell(make_app(Service(models)))


APPLIED = {
    None: lambda found: found.scores,
    "softmax": lambda found: found.scores,
    "sigmoid": lambda found: [1 / (1 + math.exp(-z)) for z in found.logits],
    "none": lambda found: found.logits,
}


@pytest.mark.parametrize("where", ["", "/", "/predict"])
@pytest.mark.parametrize("name", ["two", "four"])
def test_the_hugging_face_client_gets_every_label(servers, models, name, where):
    client = InferenceClient(model=f"{servers[name].url}{where}")
    for text in TEXTS:
        [found] = models[name].classifier.predict([text])
        for function, apply in APPLIED.items():
            more = {"function_to_apply": function} if function else {}
            labels = client.text_classification(text, **more)
            expected = dict(zip(models[name].names, apply(found), strict=True))
            assert {each.label: each.score for each in labels} == pytest.approx(expected, abs=1e-5)
            assert labels[0].label == found.label
            assert client.text_classification(text, top_k=1, **more) == labels[:1]


def test_the_first_label_is_the_decision_of_the_page(servers, models):
    """Of two classes the threshold decides: a likelier one may stand second."""
    server, client = servers["two"], InferenceClient(model=servers["two"].url)
    answers = [server.post("/api/classify", {"text": text})[1] for text in TEXTS]
    assert any(0.5 < answer["score"] < THRESHOLD for answer in answers)
    for text, answer in zip(TEXTS, answers, strict=True):
        first, second = client.text_classification(text)
        assert (first.label == "hate") is (answer["score"] >= THRESHOLD)
        assert answer["toxic"] in (None, first.label == "hate")
        assert first.score + second.score == pytest.approx(1)
        [said] = models["two"].classifier.predict([text])
        assert first.label == said.label


def test_the_client_is_told_what_is_wrong(servers):
    client = InferenceClient(model=servers["two"].url)
    with pytest.raises(HfHubHTTPError, match="nothing to read in this text") as refused:
        client.text_classification(" ")
    assert refused.value.response.status_code == 422


def test_both_forms_of_a_batch_are_texts(app):
    """In text-embeddings-inference the flat list of two is one pair."""
    flat, nested = post(app, "/predict", {"inputs": TEXTS}), [[text] for text in TEXTS]
    assert flat == post(app, "/predict", {"inputs": nested})
    assert len(flat) == len(TEXTS)
    alone = [post(app, "/predict", {"inputs": text}) for text in TEXTS]
    for row, single in zip(flat, alone, strict=True):
        assert [each["label"] for each in row] == [each["label"] for each in single]


def test_raw_scores_are_the_logits(app, models):
    [found] = models["two"].classifier.predict(["hi"])
    answer = post(app, "/predict", {"inputs": "hi", "raw_scores": True})
    given = {each["label"]: each["score"] for each in answer}
    assert [given[name] for name in models["two"].names] == pytest.approx(list(found.logits))


def test_text_embeddings_inference_tells_of_its_model(app, models):
    assert call(app, "GET", "/health").body == b""
    info = call(app, "GET", "/info").json()
    assert (info["model_id"], info["model_sha"]) == ("two", models["two"].sha256)
    assert info["model_type"]["classifier"]["id2label"] == {"0": "not-hate", "1": "hate"}
    assert (info["max_input_length"], info["max_concurrent_requests"]) == (793, 6)


def test_a_full_gate_is_429_there_and_503_elsewhere(models):
    service = Service(models, running=1, waiting=0)
    app = Shell(make_app(service))
    service.gate.run(lambda: check_busy(app))


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/predict", {"error", "error_type", "code"}),
        ("/v1alpha1/comments:analyze", {"error"}),
        ("/batch", {"error"}),
        ("/api/classify", {"error", "request_id"}),
    ],
)
def test_a_method_that_is_not_taken_is_refused_in_the_shape_of_the_route(app, path, shape):
    refused = call(app, "GET", path)
    assert (refused.status, refused.json().keys()) == (405, shape)
    assert ("status" in refused.json()["error"]) == (path != "/predict")
    assert refused.headers["allow"] == "POST"


def test_a_text_is_too_long_from_where_it_is_not_read(app, models):
    most = models["two"].most_tokens
    for words, status in ((most - 2, 200), (most - 1, 413)):
        body = json.dumps({"inputs": "a " * words, "truncate": False}).encode()
        answer = call(app, "POST", "/predict", body, JSON)
        assert answer.status == status
    assert f"more than the {most} tokens" in answer.json()["error"]


def check_busy(app):
    hi = b'{"inputs":"hi"}'
    for path, body, status, words in (
        ("/predict", hi, 429, '"error_type": "Overloaded"'),
        ("/", hi, 429, '"error_type": "Overloaded"'),
        ("/api/classify", b'{"text":"hi"}', 503, '"code": "busy"'),
        (
            "/v1alpha1/comments:analyze",
            b'{"comment":{"text":"hi"},"requestedAttributes":{"TOXICITY":{}}}',
            503,
            '"status": "UNAVAILABLE"',
        ),
    ):
        answer = call(app, "POST", path, body, JSON)
        assert (answer.status, answer.headers["retry-after"]) == (status, "1")
        assert words in answer.body.decode()


# ---- browsers, and proxies before the server


def test_under_a_path_everything_is_found(servers):
    """Whether the proxy takes the path off or not."""
    server = servers["two"]
    for path in ("/toxic", "/toxic/", "/"):
        status, _, page = server.request("GET", path)
        assert status == 200
        for link in ("/toxic/static/style.css", "/toxic/static/app.js", "/toxic/about"):
            assert f'"{link}"'.encode() in page
            assert server.request("GET", link)[0] == 200
        assert b'action="/toxic/#result" data-prefix="/toxic"' in page
    assert server.post("/toxic/api/classify", {"text": "hi"})[0] == 200
    assert server.request("GET", "/toxicity")[0] == 404
    found = json.loads(server.request("GET", "/toxic/openapi.json")[2])
    assert found["servers"] == [{"url": f"{server.url}/toxic"}]
    found = json.loads(server.request("GET", "/$discovery/rest")[2])
    assert found["rootUrl"] == f"{server.url}/toxic/"
    assert b"Disallow: /toxic/api/" in server.request("GET", "/robots.txt")[2]


def test_behind_a_proxy_with_tls_the_address_is_what_it_was_started_with(runs, tmp_path):
    flags = ("--run", runs["two"], "--prefix", "https://a.example/toxic/")
    with running(tmp_path / "log", *flags) as server:
        for path in ("/toxic/$discovery/rest", "/$discovery/rest"):
            found = json.loads(server.request("GET", path)[2])
            assert found["rootUrl"] == "https://a.example/toxic/"
        found = json.loads(server.request("GET", "/openapi.json")[2])
        assert found["servers"] == [{"url": "https://a.example/toxic"}]
        assert b'href="/toxic/static/style.css"' in server.request("GET", "/")[2]


@pytest.mark.parametrize("path", ["toxic", "/a b", "//", "/a//b", "/%2e", "http://", "ftp://x/a"])
def test_a_prefix_is_a_path(path, capsys):
    import webapp.__main__ as command

    with pytest.raises(SystemExit):
        command.parse_args(["--prefix", path])
    assert "is no path such as /toxic" in capsys.readouterr().err


def test_a_site_is_taken_as_a_browser_names_it():
    for typed, named in (
        ("https://A.example/", "https://a.example"),
        ("https://a.example:443", "https://a.example"),
        ("http://my_app:8080", "http://my_app:8080"),
        ("*", "*"),
    ):
        assert parse_args(["--allow-origin", typed]).allow_origin == [named]
    for typed in ("a.example", "https://a.example/path", ""):
        with pytest.raises(SystemExit):
            parse_args(["--allow-origin", typed])


def test_an_answer_to_head_has_no_body(servers):
    """Else the next answer on the connection cannot be read."""
    connection = http.client.HTTPConnection("127.0.0.1", servers["four"].port, timeout=10)
    for path, status in (("/%ff", 400), ("/healthz", 200), ("/nowhere", 404)):
        connection.request("HEAD", path)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (status, b"")
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://a.example", True), ("https://b.example", False), ("null", False), (None, False)],
)
def test_only_pages_of_allowed_origins_read_answers(servers, origin, allowed):
    headers = {"Origin": origin, "Content-Type": JSON} if origin else {"Content-Type": JSON}
    for method, body, status in (("POST", b'{"text":"hi"}', 200), ("OPTIONS", b"", 204)):
        found = servers["two"].request(method, "/api/classify", body, headers)
        assert (found[0], found[1]["vary"]) == (status, "Origin")
        assert found[1].get("access-control-allow-origin") == (origin if allowed else None)
        assert ("access-control-allow-headers" in found[1]) is (allowed and method == "OPTIONS")
        assert "access-control-allow-credentials" not in found[1]
        none = servers["four"].request(method, "/api/classify", body, headers)[1]
        assert not [name for name in none if name.startswith("access-control") or name == "vary"]


def test_every_origin_where_that_is_said(models):
    app = Shell(make_app(Service(models)), ["*"])
    assert call(app, "GET", "/healthz").headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/", "GET,HEAD,POST"), ("/api/classify", "POST"), ("/healthz", "GET,HEAD")],
)
def test_options_names_the_methods(app, path, methods):
    answer = call(app, "OPTIONS", path)
    assert (answer.status, answer.body) == (204, b"")
    assert {*answer.headers["allow"].split(",")} == {*methods.split(","), "OPTIONS"}
    assert call(app, "OPTIONS", "/nothing").status == 404


def test_what_is_not_there_is_a_page_in_a_browser(servers):
    server = servers["two"]
    for path in ("/nothing", "/card/nothing"):
        status, headers, page = server.request("GET", path, headers={"Accept": "text/html,*/*"})
        assert (status, headers["content-type"]) == (404, "text/html; charset=UTF-8")
        assert b"There is nothing here</h1>" in page
        assert b'href="/toxic/about"' in page
        status, headers, body = server.request("GET", path, headers={"Accept": "*/*"})
        assert (status, json.loads(body)["error"]["code"]) == (404, "not_found")


# ---- openapi.json


def test_every_route_is_described(app, models):
    found = json.loads(call(app, "GET", "/openapi.json").body)
    described = {
        (
            method.upper(),
            path.replace("comments:analyze", "<m>").replace("comments:suggestscore", "<m>"),
        )
        for path, methods in found["paths"].items()
        for method in methods
    }
    bottle = make_app(Service(models))
    served = {(route.method, route.rule.replace("<method>", "<m>")) for route in bottle.routes}
    served = {(method, rule.replace("<name>", "{name}")) for method, rule in served}
    files = {"/static/{name}", "/favicon.ico", "/robots.txt", "/batch/commentanalyzer/v1alpha1"}
    assert {route for route in served if route[1] not in files} == described


@pytest.fixture(scope="module")
def described(app):
    refusals = {"expected-statuses": ["400", "404", "413", "415", "422"]}
    config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": refusals}})
    return schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)


load_all_checks()
# A text of spaces is a string as good as any to a schema, and nothing to read to a model.
LEFT_OUT = [CHECKS.get_one("positive_data_acceptance")]


def test_what_follows_the_document_is_answered_as_described(described):
    operations = [found.ok() for found in described.get_all_operations()]
    for operation in operations:
        check_operation(operation, GenerationMode.POSITIVE)
    paths = described.raw_schema["paths"]
    assert len(operations) == sum(map(len, paths.values())) - 1  # itself it leaves out


def test_what_does_not_follow_the_document_is_refused(described):
    operations = [found.ok() for found in described.get_all_operations()]
    read = [each for each in operations if JSON in str(each.definition.raw.get("requestBody"))]
    for operation in read:
        check_operation(operation, GenerationMode.NEGATIVE)
    assert len(read) == 6


def check_operation(operation, mode):
    print(operation.label)

    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[*HealthCheck],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case):
        case.call_and_validate(excluded_checks=LEFT_OUT)

    check()
