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
        ["label", "toxic", "score", "threshold", "scores", "truncated", "n_tokens", "model", "ms"],
        label={"enum": ["toxic", "not_toxic"]},
        toxic=BOOLEAN,
        score=CHANCE,
        threshold=CHANCE,
        scores=by_name(CHANCE),
        truncated=BOOLEAN,
        n_tokens=WHOLE,
        max_tokens=WHOLE,
        model=thing(["name", "sha256"], name=STRING, sha256=STRING),
        ms=NUMBER,
        classes=by_name(CHANCE),
        toxic_classes=array(STRING),
    ),  # and `class`, which is a word of Python's
    "Explained": {
        "allOf": [
            ref("Answer"),
            thing(
                ["words", "unread", "method"],
                words=array(thing(["text", "change"], text=STRING, change=or_null(NUMBER))),
                unread=STRING,
                method=STRING,
            ),
        ]
    },
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
