"""The contract of Perspective's API, asked by Google's own client over a socket."""

import json
import logging
import re
import shutil
import subprocess
import sys

import pytest
from googleapiclient import discovery
from googleapiclient.errors import HttpError, UnknownApiNameOrVersion
from small import FOUR
from webserver import ROOT, make_run, running

from experiment.errors import UsageError
from webapp.__main__ import parse_args
from webapp.google_json import GoogleError, utf16
from webapp.models import load_models
from webapp.perspective import Analyzer, Attribute, choose_attributes
from webapp.service import Service

KEY = "KEYF00D"
MEAN = "You are an idiot 😀, but the rest of your naïve text is fine."


@pytest.fixture(scope="module")
def runs(minilm, tmp_path_factory):
    """Two runs whose scores lie far apart: of two classes, and of four."""
    home = tmp_path_factory.mktemp("perspective")
    return make_run(home / "two", minilm), make_run(home / "four", minilm, label_names=FOUR)


@pytest.fixture(scope="module")
def server(runs, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "server.log"
    attributes = ["TOXICITY=two", f"INSULT=four:{FOUR[1]}", "ANY=four"]
    flags = [part for name in attributes for part in ("--attribute", name)]
    with running(log, "--run", *runs, *flags, "--languages", "en,pt") as server:
        yield server


@pytest.fixture(scope="module")
def client(server):
    """As its users make it: one line names another address."""
    return discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=KEY,
        discoveryServiceUrl=f"{server.url}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    )


def analyze(client, text=MEAN, **more):
    body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}} | more
    return client.comments().analyze(body=body).execute()


def score_of(answer, name="TOXICITY"):
    return answer["attributeScores"][name]["summaryScore"]["value"]


@pytest.fixture(scope="module")
def own(runs):
    """What the models say without a server, by the name of an attribute."""
    models = load_models(runs)

    def scores(text):
        two, four = (models[name].classifier.predict([text])[0] for name in ("two", "four"))
        return {"TOXICITY": two.score, "INSULT": four.scores[1], "ANY": sum(four.scores[1:])}

    return scores


def test_each_attribute_is_the_probability_of_its_run_and_class(client, own):
    asked = {"TOXICITY": {}, "INSULT": {"scoreType": "PROBABILITY"}, "ANY": {}}
    answer = analyze(client, requestedAttributes=asked, languages=["en"], clientToken="t 1")
    assert answer["languages"] == ["en"]
    assert answer["clientToken"] == "t 1"
    expected = own(MEAN)
    assert {n: score_of(answer, n) for n in asked} == pytest.approx(expected, abs=1e-6)
    assert len({round(score, 2) for score in expected.values()}) == 3
    for name in asked:
        found = answer["attributeScores"][name]
        assert found["summaryScore"]["type"] == "PROBABILITY"
        assert found["spanScores"] == [
            {"begin": 0, "end": len(MEAN) + 1, "score": found["summaryScore"]}  # the smiley is two
        ]


def test_of_a_long_comment_each_class_has_a_window_of_its_own(runs):
    """And not the one in which another toxic class is the highest."""
    [model] = load_models([runs[1]]).values()
    text = " ".join(f"{word} number {i}" for i in range(30) for word in ("hate", "idiot", "joke"))
    classifier = model.classifier
    [prediction] = classifier.predict([text])
    alone = [classifier.predict([text[a:b]])[0].scores for a, b in classifier.spans(text)]
    assert prediction.windows == len(alone) > 1
    for label in range(4):
        attribute = Attribute(model, label)
        highest = max(range(len(alone)), key=lambda i: alone[i][label])
        assert attribute.score(prediction) == pytest.approx(alone[highest][label], abs=1e-5)
        assert attribute.read(prediction).window == highest
        assert attribute.read(prediction).scores == prediction.every[highest][0]


def test_fields_that_change_nothing_are_taken(client):
    more = {
        "context": {"entries": [{"text": "an article " * 9000, "type": "PLAIN_TEXT"}]},
        "doNotStore": False,
        "sessionId": "s",
        "communityId": "c",
        "languages": ["en-GB"],
        "comment": {"text": MEAN, "type": "PLAIN_TEXT"},
    }
    answer = analyze(client, **more)
    assert answer["attributeScores"] == analyze(client)["attributeScores"]
    assert answer["languages"] == ["en-GB"]
    assert "clientToken" not in answer


def test_names_with_underscores_and_nulls_are_read_as_google_reads_them(server, client):
    """Google's own TypeScript client writes `requested_attributes`."""
    body = {"comment": {"text": MEAN}, "requested_attributes": {"TOXICITY": None}, "context": None}
    status, answer = server.post("/v1alpha1/comments:analyze", body)
    assert (status, score_of(answer)) == (200, score_of(analyze(client)))


def test_scores_under_the_threshold_are_left_out(client):
    score = score_of(analyze(client))
    for threshold, names in ((score, ["TOXICITY"]), (score + 1e-9, []), (0, ["TOXICITY"])):
        asked = {"TOXICITY": {"scoreThreshold": threshold}}
        assert [*analyze(client, requestedAttributes=asked)["attributeScores"]] == names


def test_spans_are_the_words_in_utf_16(client, own):
    """Cut out of the text as JavaScript would, each is a word; its score is what it gave."""
    found = analyze(client, spanAnnotations=True)["attributeScores"]["TOXICITY"]
    units = MEAN.encode("utf-16-le")
    spans = found["spanScores"]
    words = [units[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le") for span in spans]
    assert words == MEAN.split()
    whole = own(MEAN)["TOXICITY"]
    for number, span in enumerate(spans):
        begin, end = (len(units[: 2 * span[n]].decode("utf-16-le")) for n in ("begin", "end"))
        rest = own(MEAN[:begin] + MEAN[end:])["TOXICITY"]
        assert span["score"]["value"] == pytest.approx(max(0, whole - rest), abs=1e-6), number
    assert max(span["score"]["value"] for span in spans) > 0.01
    assert found["summaryScore"]["value"] == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("text", ["a", "😀", "\n é 𝒳 x\t", "e\u0301", "ﬃ 👩‍👩‍👧 z"])
def test_utf_16_counts_as_javascript_does(text):
    assert utf16(text) == sum(1 + (ord(character) > 0xFFFF) for character in text)


def test_a_batch_answers_each_request_under_its_own_id(client):
    texts = {"good": "Thank you all.", "empty": " ", "mean": MEAN}
    answers, errors = {}, {}

    def keep(name, answer, error):
        (errors if error else answers)[name] = error or score_of(answer)

    batch = client.new_batch_http_request(callback=keep)
    for name, text in texts.items():
        body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}}
        batch.add(client.comments().analyze(body=body), request_id=name)
    batch.execute()
    assert answers == {name: score_of(analyze(client, texts[name])) for name in ("good", "mean")}
    assert errors["empty"].resp.status == 400
    assert errors["empty"].error_details[0]["errorType"] == "COMMENT_EMPTY"


def test_a_suggested_score_is_answered_and_kept_nowhere(server, client):
    text = "SUGGESTED5E7C"
    body = {
        "comment": {"text": text},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
        "clientToken": "7",
        "communityId": text,
    }
    assert client.comments().suggestscore(body=body).execute() == {"clientToken": "7"}
    assert text not in server.log()
    for wrong in ({}, {"TOXICITY": 5}, {"FLIRT": {}}, {"TOXICITY": {"value": 1}}):
        with pytest.raises(HttpError) as refused:
            client.comments().suggestscore(body=body | {"attributeScores": wrong}).execute()
        assert refused.value.resp.status == 400


REFUSED = {
    "empty": ({"comment": {"text": ""}}, "COMMENT_EMPTY", "non-empty"),
    "no comment": ({"comment": {}}, "COMMENT_EMPTY", "non-empty"),
    "nothing to read": ({"comment": {"text": "\u200b"}}, "COMMENT_EMPTY", "nothing to read"),
    "long": ({"comment": {"text": "é" * 10241}}, "COMMENT_TOO_LONG", "20,480"),
    "html": ({"comment": {"text": "a", "type": "HTML"}}, "INVALID_REQUEST", "PLAIN_TEXT"),
    "half a pair": ({"comment": {"text": "\ud800"}}, "INVALID_REQUEST", "surrogate"),
    "no attributes": ({"requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES", "Missing"),
    "a list": ({"requestedAttributes": {"TOXICITY": []}}, "INVALID_REQUEST", "JSON object"),
    "unknown": ({"requestedAttributes": {"FLIRT": {}}}, "INVALID_REQUEST", "attribute: FLIRT"),
    "language": (
        {"languages": ["fr", "en"]},
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        "Attribute TOXICITY does not support request languages: fr",
    ),
    "no language": ({"languages": [1]}, "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE", "languages: 1"),
    "kind of score": (
        {"requestedAttributes": {"TOXICITY": {"scoreType": "Z_SCORE"}}},
        "INVALID_REQUEST",
        "Z_SCORE",
    ),
    "threshold": (
        {"requestedAttributes": {"TOXICITY": {"scoreThreshold": 2}}},
        "INVALID_REQUEST",
        "0 to 1",
    ),
    "type": ({"doNotStore": "yes"}, "INVALID_REQUEST", "doNotStore"),
    "name": ({"spans": True}, "INVALID_REQUEST", "spans"),
    "name inside": ({"comment": {"text": "a", "lang": "en"}}, "INVALID_REQUEST", "comment"),
    "twice": ({"client_token": "a", "clientToken": "b"}, "INVALID_REQUEST", "twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_client_is_told_what_is_wrong(client, name):
    body, kind, words = REFUSED[name]
    with pytest.raises(HttpError) as refused:
        analyze(client, **body)
    assert refused.value.resp.status == 400
    assert words in refused.value.reason
    [detail] = refused.value.error_details
    assert detail["errorType"] == kind
    error = json.loads(refused.value.content)["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    if "LANGUAGE" in kind:
        about = detail["languageNotSupportedByAttributeError"]
        assert about == {"attribute": "TOXICITY", "requestedLanguages": body["languages"]}


def test_a_comment_in_letters_that_no_model_knows_is_of_another_language(client):
    """As there, where the language is detected: not where the client names it."""
    foreign = {"text": "привет, как дела"}
    with pytest.raises(HttpError) as refused:
        analyze(client, comment=foreign)
    assert "does not support request languages: und" in refused.value.reason
    about = refused.value.error_details[0]["languageNotSupportedByAttributeError"]
    assert about == {"attribute": "TOXICITY", "detectedLanguages": ["und"]}
    assert analyze(client, comment=foreign, dropUnsupportedAttributes=True)["attributeScores"] == {}
    assert 0 <= score_of(analyze(client, comment=foreign, languages=["en"])) <= 1


def test_a_comment_without_letters_is_of_no_language_and_scored(client):
    for text in ("12 34", "\U0001f642 \U0001f642"):
        assert 0 <= score_of(analyze(client, text)) <= 1


def test_attributes_of_another_language_are_dropped_where_that_is_asked(client):
    more = {"languages": ["fr"], "dropUnsupportedAttributes": True}
    assert analyze(client, **more)["attributeScores"] == {}
    assert analyze(client, languages=["pt-BR"])["languages"] == ["pt-BR"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{", {"Content-Type": "application/json"}),
        (b"[]", {"Content-Type": "application/json"}),
        (b'{"a":1,"a":2}', {}),
        (b"\xff", {}),
        (b"{}", {"Content-Type": "text/plain"}),
        (b'{"comment": {"text": "' + b"a" * (600 << 10) + b'"}}', {}),
    ],
)
def test_what_is_no_json_is_refused_in_the_same_shape(server, body, headers):
    status, found, answer = server.request("POST", "/v1alpha1/comments:analyze", body, headers)
    assert (status, found["content-type"]) == (400, "application/json")
    error = json.loads(answer)["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")


PARTS = "multipart/mixed; boundary=x"
HTTP = b"--x\r\nContent-Type: application/http\r\n\r\n"


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("application/json", b"{}", "of 1 to 100 requests"),
        (PARTS, b"no part", "of 1 to 100 requests"),
        ("multipart/mixed", b"--x\r\n\r\n--x--", "of 1 to 100 requests"),
        (PARTS, b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n--x--\r\n", "is application/http"),
        (PARTS, HTTP + b"GET / HTTP/1.1\r\n\r\n\r\n--x--\r\n", "is a POST"),
        (PARTS, (HTTP + b"POST / HTTP/1.1\r\n\r\n{}\r\n") * 101, "of 1 to 100 requests"),
        (PARTS, b"--x\r\n" + b"Content-Type: multipart/mixed\r\n" * 3000, ""),
    ],
)
def test_what_is_no_batch_is_refused(server, kind, body, told):
    status, _, answer = server.request("POST", "/batch", body, {"Content-Type": kind})
    error = json.loads(answer)["error"]
    assert (status, error["code"]) == (400, 400)
    assert told in error["message"]
    assert server.request("POST", "/batch", body)[0] == 400


def test_a_request_of_a_batch_for_something_else_is_not_found(server):
    part = (
        b"Content-Type: application/http\r\nContent-ID: <a + 1>\r\n\r\nPOST /x HTTP/1.1\r\n\r\n{}"
    )
    body = b"--x\r\n" + part + b"\r\n--x--\r\n"
    kind = {"Content-Type": "multipart/mixed; boundary=x"}
    status, headers, answer = server.request("POST", "/batch", body, kind)
    assert status == 200
    assert headers["content-type"].startswith("multipart/mixed; boundary=batch_")
    assert b"Content-ID: <response-a + 1>" in answer
    assert b"HTTP/1.1 404 Not Found" in answer


def test_another_version_is_not_described(server):
    with pytest.raises(UnknownApiNameOrVersion):
        discovery.build(
            "commentanalyzer",
            "v9",
            discoveryServiceUrl=f"{server.url}/$discovery/rest?version={{apiVersion}}",
            static_discovery=False,
        )


def test_the_description_is_of_the_address_that_the_client_came_by(server):
    path = "/$discovery/rest?version=v1alpha1"
    assert json.loads(server.request("GET", path)[2])["rootUrl"] == f"{server.url}/"
    found = json.loads(server.request("GET", path, headers={"Host": "a.example:81"})[2])
    assert found["rootUrl"] == found["baseUrl"] == "http://a.example:81/"
    schemas = set(re.findall(r'"\$ref": "(\w+)"', json.dumps(found)))
    assert schemas == set(found["schemas"])


def test_the_key_is_in_no_log(server, client, caplog):
    with caplog.at_level(logging.DEBUG):
        analyze(client)
    server.request("GET", f"/v1alpha1/comments:analyze?key={KEY}", headers={"X-Goog-Api-Key": KEY})
    assert KEY not in server.log()
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    assert "/v1alpha1/<method>" in [line.get("route") for line in lines]


@pytest.mark.parametrize(
    "asked", ["TOXICITY", "A=", "=two", "A=nowhere", "A=four:nobody", "A=two:", "A=nowhere:x"]
)
def test_an_attribute_of_nothing_is_refused_at_the_start(runs, asked):
    service = Service(load_models(runs))
    with pytest.raises(UsageError, match=f"--attribute {asked}"):
        choose_attributes([asked], service)
    with pytest.raises(UsageError, match="each name once"):
        choose_attributes(["A=two", "A=four"], service)
    found = choose_attributes(["A=two", "B=four:joke"], service)
    assert [attribute.label for attribute in found.values()] == [None, 3]


# ---- the examples of the document


def examples(kind):
    text = (ROOT / "docs/PERSPECTIVE.md").read_text()
    found = re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL)
    return [code for named, code in found if named == kind]


def test_the_examples_run_as_they_stand(server, client):
    expected = score_of(analyze(client, "I hate you"))
    codes = [(code, [sys.executable, "-c"]) for code in examples("python")]
    if shutil.which("node"):
        codes += [(code, ["node", "--input-type=module", "-e"]) for code in examples("js")]
    assert len(codes) >= 2
    for code, command in codes:
        code = code.replace("http://127.0.0.1:5000", server.url)
        done = subprocess.run([*command, code], capture_output=True, text=True, check=True)
        assert float(done.stdout) == pytest.approx(expected)


def test_the_answers_to_curl_are_as_shown(server):
    [shown] = [block for block in examples("") if "$ curl" in block]
    asked = re.findall(r"localhost:5000(\S+) .*?-d '(.*?)'\n(\{.*?\})\n(?=\$|\Z)", shown, re.DOTALL)
    assert len(asked) == 3
    for path, body, answer in asked:
        _, found = server.post(path, json.loads(body))
        assert shape(found) == shape(json.loads(answer))


def shape(value):
    """A value without its numbers below one, which are of another model."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return "score" if isinstance(value, float) else value


def test_a_language_is_taken_by_its_whole_code_or_its_first_part():
    asked = {"requestedAttributes": {"TOXICITY": {}}}
    for taken, code, known in (
        (["hi-Latn"], "hi-Latn", True),
        (["hi-Latn"], "hi_latn", True),
        (["hi-Latn"], "hi", False),
        (["pt"], "pt-BR", True),
        (["en"], "pt", False),
        (["en"], 1, False),
    ):
        analyzer = Analyzer(None, {"TOXICITY": None}, taken)
        if known:
            assert analyzer.wanted(asked | {"languages": [code]}) == {"TOXICITY": None}
        else:
            with pytest.raises(GoogleError):
                analyzer.wanted(asked | {"languages": [code]})
    assert parse_args(["--languages", "en, hi-Latn"]).languages == ["en", "hi-Latn"]
    for typed in ("", "en,,pt", "en pt"):
        with pytest.raises(SystemExit):
            parse_args(["--languages", typed])
