"""The JSON schemas of what the routes take and give: https://json-schema.org/draft/2020-12"""

from collections.abc import Sequence
from typing import Any

from webapp.contract import MAX_CHARS
from webapp.perspective import KIND

Schema = dict[str, Any]
STRING, NUMBER, BOOLEAN = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
WHOLE = {"type": "integer", "minimum": 0}
CHANCE = {"type": "number", "minimum": 0, "maximum": 1}
TEXT = {"type": "string", "minLength": 1, "maxLength": MAX_CHARS}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(required: Sequence[str] = (), closed: bool = False, **fields: Schema) -> Schema:
    """An object; a closed one has no other fields."""
    schema: Schema = {"type": "object", "properties": fields}
    schema |= {"required": list(required)} if required else {}
    return schema | ({"additionalProperties": False} if closed else {})


def array(item: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": item, **more}


def by_name(item: Schema, **more: Any) -> Schema:
    return {"type": "object", "additionalProperties": item, **more}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


SCHEMAS: dict[str, Schema] = {
    "Answer": thing(
        [
            *("label", "toxic", "reason", "score", "threshold", "scores", "truncated"),
            *("n_tokens", "max_tokens", "window", "windows", "model", "ms"),
        ],
        label={"enum": ["toxic", "not_toxic", "cannot_tell"]},
        toxic=or_null(BOOLEAN),
        reason=or_null(STRING),
        score=CHANCE,
        threshold=CHANCE,
        scores=by_name(CHANCE),
        truncated=BOOLEAN,
        n_tokens=WHOLE,
        max_tokens=WHOLE,
        window=WHOLE,
        windows=WHOLE,
        model=thing(["name", "sha256", "about"], name=STRING, sha256=STRING, about=STRING),
        ms=NUMBER,
        classes=by_name(CHANCE),
        toxic_classes=array(STRING),
    ),  # and `class`, which is a word of Python's
    "Explained": {
        "allOf": [
            ref("Answer"),
            thing(
                ["words", "pairs", "unread", "method"],
                words=array(ref("Moved")),
                pairs=array(ref("Moved")),
                unread=STRING,
                method=STRING,
            ),
        ]
    },
    "Moved": thing(
        ["text", "change", "score_without"],
        text=STRING,
        change=or_null(NUMBER),
        score_without=or_null(CHANCE),
    ),
    "Label": thing(["label", "score"], label=STRING, score=NUMBER),
    "Error": thing(
        ["error", "request_id"],
        error=thing(["code", "message", "status"], code=STRING, message=STRING, status=WHOLE),
        request_id=STRING,
    ),
    "HuggingFaceError": thing(["error", "error_type"], error=STRING, error_type=STRING),
    "GoogleError": thing(
        ["error"],
        error=thing(
            ["code", "message", "status"],
            code=WHOLE,
            message=STRING,
            status=STRING,
            details=array({"type": "object"}),
        ),
    ),
    "Score": thing(["value", "type"], value=CHANCE, type={"const": KIND}),
    "AttributeScores": thing(
        ["summaryScore", "spanScores"],
        summaryScore=ref("Score"),
        spanScores=array(
            thing(["begin", "end", "score"], begin=WHOLE, end=WHOLE, score=ref("Score"))
        ),
    ),
}
