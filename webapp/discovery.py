"""The description of the Perspective routes that Google's clients build their methods from.

Its form: https://developers.google.com/discovery/v1/reference/apis
"""

from typing import Any

TEXT = {"type": "string"}
SCORE = {"$ref": "Score"}


def describe(root: str) -> dict[str, Any]:
    """The description of this server, whose address is `root`, with a slash at its end."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "title": "Comments, analyzed here",
        "description": "The shape of Perspective's API; the scores are of models on this server.",
        "protocol": "rest",
        "rootUrl": root,
        "baseUrl": root,
        "servicePath": "",
        "basePath": "",
        "batchPath": "batch",
        "parameters": {
            "key": TEXT | {"location": "query", "description": "Not needed, and not looked at."},
            "alt": TEXT | {"location": "query", "enum": ["json"], "default": "json"},
        },
        "resources": {
            "comments": {
                "methods": {
                    "analyze": method("analyze", "AnalyzeComment", "Scores one comment."),
                    "suggestscore": method(
                        "suggestscore", "SuggestCommentScore", "Answers, and keeps nothing."
                    ),
                }
            }
        },
        "schemas": {name: {"id": name, **schema} for name, schema in SCHEMAS.items()},
    }


def method(name: str, message: str, about: str) -> dict[str, Any]:
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": f"v1alpha1/comments:{name}",
        "flatPath": f"v1alpha1/comments:{name}",
        "httpMethod": "POST",
        "description": about,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": f"{message}Request"},
        "response": {"$ref": f"{message}Response"},
    }


def message(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields}


def array(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def by_name(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": item}


COMMENT = {
    "comment": {"$ref": "TextEntry"},
    "context": {"$ref": "Context"},
    "languages": array(TEXT),
    "clientToken": TEXT,
    "sessionId": TEXT,
    "communityId": TEXT,
    "doNotStore": {"type": "boolean", "description": "Nothing is ever stored."},
}
SCHEMAS = {
    "TextEntry": message(text=TEXT, type=TEXT | {"enum": ["PLAIN_TEXT"]}),
    "Context": message(
        entries=array({"$ref": "TextEntry"}),
        articleAndParentComment={"$ref": "ArticleAndParentComment"},
    ),
    "ArticleAndParentComment": message(
        article={"$ref": "TextEntry"}, parentComment={"$ref": "TextEntry"}
    ),
    "AttributeParameters": message(
        scoreType=TEXT | {"enum": ["PROBABILITY"]},
        scoreThreshold={"type": "number", "format": "float"},
    ),
    "Score": message(value={"type": "number", "format": "float"}, type=TEXT),
    "SpanScore": message(
        begin={"type": "integer", "format": "int32", "description": "In UTF-16 units."},
        end={"type": "integer", "format": "int32", "description": "In UTF-16 units, exclusive."},
        score=SCORE,
    ),
    "AttributeScores": message(summaryScore=SCORE, spanScores=array({"$ref": "SpanScore"})),
    "AnalyzeCommentRequest": message(
        **COMMENT,
        requestedAttributes=by_name({"$ref": "AttributeParameters"}),
        spanAnnotations={"type": "boolean"},
        dropUnsupportedAttributes={"type": "boolean"},
    ),
    "AnalyzeCommentResponse": message(
        attributeScores=by_name({"$ref": "AttributeScores"}),
        languages=array(TEXT),
        clientToken=TEXT,
    ),
    "SuggestCommentScoreRequest": message(
        **COMMENT, attributeScores=by_name({"$ref": "AttributeScores"})
    ),
    "SuggestCommentScoreResponse": message(clientToken=TEXT),
}
