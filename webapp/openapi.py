"""The description of every route, in OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1"""

from collections.abc import Sequence
from typing import Any

from webapp.contract import MAX_BATCH
from webapp.hugging_face import APPLY
from webapp.perspective import KIND, MAX_BYTES, Analyzer
from webapp.schemas import (
    BOOLEAN,
    CHANCE,
    SCHEMAS,
    STRING,
    TEXT,
    Schema,
    array,
    by_name,
    or_null,
    ref,
    thing,
)

JSON, HTML = "application/json", "text/html"
COMMENT = TEXT | {"maxLength": MAX_BYTES, "description": f"At most {MAX_BYTES:,} bytes of UTF-8."}


def content(kind: str, schema: Schema) -> dict[str, Any]:
    return {"content": {kind: {"schema": schema}}}


def route(
    about: str,
    gives: Schema | None = None,
    takes: Schema | None = None,
    refuses: Sequence[int] = (),
    error: str = "Error",
    kind: str = JSON,
) -> dict[str, Any]:
    """An operation: what it gives with status 200, takes as JSON, and the errors it may answer."""
    reasons = {400: "unreadable", 404: "not here", 413: "too long", 415: "not JSON"}
    reasons |= {422: "readable, but not valid", 429: "busy", 503: "busy"}
    answers = {"200": {"description": "the answer"} | content(kind, gives or STRING)}
    for status in refuses:
        answers[str(status)] = {"description": reasons[status]} | content(JSON, ref(error))
    found: dict[str, Any] = {"summary": about, "responses": answers}
    if takes is not None:
        found["requestBody"] = {"required": True} | content(JSON, takes)
    return found


def parameter(name: str, place: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def describe(root: str, analyzer: Analyzer) -> dict[str, Any]:
    """The document of a server whose address is `root`."""
    service = analyzer.service
    names = list(service.models)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Is this text toxic?", "version": "1", "license": {"name": "Apache-2.0"}},
        "servers": [{"url": root}],
        "paths": own_routes(names)
        | hugging_face_routes()
        | perspective_routes(list(analyzer.attributes))
        | page_routes(names),
        "components": {"schemas": SCHEMAS},
    }


def own_routes(names: Sequence[str]) -> dict[str, Any]:
    model = or_null({"type": "string", "enum": list(names)})
    refuses = (400, 413, 415, 422, 503)
    one = thing(["text"], True, text=TEXT, model=model)
    several = thing(["texts"], True, texts=array(TEXT, minItems=1, maxItems=MAX_BATCH), model=model)
    results = thing(["results"], results=array(ref("Answer")))
    post = {
        "classify": (
            "One text or several",
            {"anyOf": [ref("Answer"), results]},
            {"oneOf": [one, several]},
        ),
        "compare": ("One text, by every model", results, thing(["text"], True, text=TEXT)),
        "explain": ("One text, and which words moved its score", ref("Explained"), one),
    }
    found = {f"/api/{n}": {"post": route(*given, refuses)} for n, given in post.items()}
    found["/api/info"] = {"get": route("The models and the limits", thing(["models"]))}
    found["/healthz"] = {"get": route("Whether it is up", thing(["status"], status=STRING))}
    found["/openapi.json"] = {"get": route("This document", {"type": "object"})}
    return found


def hugging_face_routes() -> dict[str, Any]:
    one = array(ref("Label"), minItems=1)
    nested = array(TEXT, minItems=1, maxItems=1)
    parameters = thing(
        (),
        True,
        top_k=or_null({"type": "integer", "minimum": 1}),
        function_to_apply=or_null({"type": "string", "enum": list(APPLY)}),
        truncation={},
    )
    takes = thing(
        ["inputs"],
        True,
        inputs={
            "anyOf": [TEXT, array({"anyOf": [TEXT, nested]}, minItems=1, maxItems=MAX_BATCH)],
            "description": "Two strings in a list are two texts, and no pair of them, as they are "
            "in text-embeddings-inference.",
        },
        parameters=or_null(parameters),
        options={},
        truncate=or_null(BOOLEAN),
        raw_scores=or_null(BOOLEAN),
        truncation_direction=or_null({"type": "string", "enum": ["right", "Right"]}),
    )
    about = "The decided class first; one text without `parameters` gives a list, else lists in one"
    refuses = (400, 413, 415, 422, 429)
    gives = {"anyOf": [one, array(one)]}
    return {
        "/predict": {"post": route(about, gives, takes, refuses, "HuggingFaceError")},
        "/health": {"get": route("Whether it is up", kind="text/plain")},
        "/info": {"get": route("The model of /predict", thing(["model_id", "model_type"]))},
    }


def perspective_routes(attributes: Sequence[str]) -> dict[str, Any]:
    asked: Schema = {
        "comment": thing(["text"], True, text=COMMENT, type={"enum": ["PLAIN_TEXT", None]}),
        "context": or_null({"type": "object"}),
        "languages": or_null(array(STRING)),
        "doNotStore": or_null(BOOLEAN),
        **dict.fromkeys(("clientToken", "sessionId", "communityId"), or_null(STRING)),
    }
    how = thing((), True, scoreType={"enum": [KIND, None]}, scoreThreshold=or_null(CHANCE))
    wanted = thing((), True, **dict.fromkeys(attributes, or_null(how))) | {"minProperties": 1}
    analyze = thing(
        ["comment", "requestedAttributes"],
        True,
        **asked,
        requestedAttributes=wanted,
        spanAnnotations=or_null(BOOLEAN),
        dropUnsupportedAttributes=or_null(BOOLEAN),
    )
    suggest = thing(
        ["comment", "attributeScores"],
        True,
        **asked,
        attributeScores={"type": "object", "minProperties": 1},
    )
    scores = thing(
        ["attributeScores", "languages"],
        attributeScores=by_name(ref("AttributeScores")),
        languages=array(STRING),
        clientToken=STRING,
    )
    refuses, error = (400, 503), "GoogleError"
    query = [parameter(name, "query", STRING) for name in ("key", "version")]
    batch = route("Several of these requests", refuses=[400], error=error, kind="multipart/mixed")
    batch["requestBody"] = {"required": True} | content("multipart/mixed", STRING)
    analyzed = route("The scores of a comment", scores, analyze, refuses, error)
    suggested = route("Nothing is kept", thing((), clientToken=STRING), suggest, [400], error)
    described = route("For Google's clients", {"type": "object"}, None, [404], error)
    return {
        "/v1alpha1/comments:analyze": {"post": analyzed | {"parameters": query[:1]}},
        "/v1alpha1/comments:suggestscore": {"post": suggested | {"parameters": query[:1]}},
        "/batch": {"post": batch},
        "/$discovery/rest": {"get": described | {"parameters": query}},
    }


def page_routes(names: Sequence[str]) -> dict[str, Any]:
    name = parameter("name", "path", {"type": "string", "enum": list(names)})
    form = route("The page with an answer, or, to JSON, as /predict", kind=HTML)
    form["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": thing()}}}
    for status in ("400", "413", "422", "503"):
        form["responses"][status] = {"description": "the page, with the reason"} | content(
            HTML, STRING
        )
    busy = {"description": "busy, to JSON"} | content(JSON, ref("HuggingFaceError"))
    form["responses"]["429"] = busy
    card = route("The model card of a run", refuses=[404], kind=HTML) | {"parameters": [name]}
    return {
        "/": {"get": route("The page", kind=HTML), "post": form},
        "/about": {"get": route("How the models scored", kind=HTML)},
        "/card/{name}": {"get": card},
    }
