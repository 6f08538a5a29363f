"""What clients of Hugging Face's servers ask: the Inference API, and text-embeddings-inference.

https://huggingface.co/docs/inference-providers/tasks/text-classification
https://huggingface.github.io/text-embeddings-inference
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from bottle import Bottle, response

from experiment.classifier import Prediction
from webapp.contract import MAX_BATCH, Refused, check_texts
from webapp.http import read_json, send, set_status
from webapp.models import Model
from webapp.service import Service

FIELDS = ("inputs", "parameters", "options", "truncate", "raw_scores", "truncation_direction")
PARAMETERS = ("top_k", "function_to_apply", "truncation")
APPLY: dict[str, Callable[[Prediction], Sequence[float]]] = {
    "softmax": lambda prediction: prediction.scores,
    "sigmoid": lambda prediction: [(1 + math.tanh(z / 2)) / 2 for z in prediction.logits],
    "none": lambda prediction: prediction.logits,
}


def add_hugging_face(app: Bottle, service: Service) -> None:
    """The route that answers, and what text-embeddings-inference tells of itself."""

    @app.post("/predict")
    def ask() -> str:
        return answer(service)

    @app.get("/health")
    def health() -> str:
        response.content_type = "text/plain"
        return ""

    @app.get("/info")
    def info() -> str:
        model = service.choose(None)
        return send(
            {
                "model_id": model.name,
                "model_sha": model.sha256,
                "model_dtype": model.dtype,
                "model_type": {
                    "classifier": {
                        "id2label": {str(i): name for i, name in enumerate(model.names)},
                        "label2id": {name: i for i, name in enumerate(model.names)},
                    }
                },
                "max_concurrent_requests": service.gate.places,
                "max_input_length": model.most_tokens,
                "max_batch_tokens": MAX_BATCH * model.most_tokens,
                "max_client_batch_size": MAX_BATCH,
                "auto_truncate": True,
                "tokenization_workers": service.gate.running,
                "version": "1",
            }
        )


def answer(service: Service) -> str:
    """The classes of one text or several, each with its score, or an error of their servers' shape.

    One text gives a list, and of a body with `parameters`, as clients of the Inference API send
    it, a list in a list: else they keep the first class alone.
    """
    try:
        body = read_json(FIELDS)
        ranked = rank(service, body)
    except Refused as refused:
        busy = refused.status == 503
        set_status(429 if busy else refused.status)
        kind = "Overloaded" if busy else "Validation"
        return send({"error": refused.message, "error_type": kind, "code": refused.code})
    alone = not isinstance(body["inputs"], list) and body.get("parameters") is None
    return send(ranked[0] if alone else ranked)


def rank(service: Service, body: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The classes of the default model for each text, the decided one first. Raises Refused."""
    inputs = body.get("inputs")
    if inputs is None:
        raise Refused(422, "missing_field", 'The field "inputs" is missing.')
    # A list in the list is one text of a batch there; two in it would be a pair, which we refuse.
    texts = check_texts(
        [
            item[0] if isinstance(item, list) and len(item) == 1 else item
            for item in (inputs if isinstance(inputs, list) else [inputs])
        ]
    )
    apply, top = read_parameters(body)
    model = service.choose(None)
    predictions = service.predict(model, texts)
    if body.get("truncate") is False and any(p.truncated for p in predictions):
        message = f"A text has more than the {model.most_tokens} tokens that are read."
        raise Refused(413, "text_too_long", message)
    return [ranked(service, model, prediction, apply)[:top] for prediction in predictions]


def ranked(
    service: Service,
    model: Model,
    prediction: Prediction,
    apply: Callable[[Prediction], Sequence[float]],
) -> list[dict[str, Any]]:
    """Every class with its score, likeliest first; before them the one that the page says.

    Of two classes the threshold decides, and that need not be 1/2.
    """
    decided = service.decide(model, prediction)
    pairs = zip(model.names, apply(prediction), strict=True)
    rows = [{"label": name, "score": score} for name, score in pairs]
    return sorted(rows, key=lambda row: (row["label"] != decided, -row["score"]))


def read_parameters(
    body: dict[str, Any],
) -> tuple[Callable[[Prediction], Sequence[float]], int | None]:
    """How scores are made of logits, and how many classes are asked for; raises Refused."""
    given = {} if body.get("parameters") is None else body["parameters"]
    if not isinstance(given, dict) or not given.keys() <= set(PARAMETERS):
        raise Refused(422, "unknown_parameter", f"The parameters are {', '.join(PARAMETERS)}.")
    raw, cut = body.get("raw_scores"), body.get("truncate")
    if not all(isinstance(flag, bool | None) for flag in (raw, cut)):
        raise Refused(422, "invalid_type", "raw_scores and truncate are true or false.")
    direction = body.get("truncation_direction")
    if direction is not None and str(direction).lower() != "right":
        raise Refused(422, "unknown_parameter", "Texts are cut at their end.")
    name = given.get("function_to_apply") or ("none" if raw else "softmax")
    if not isinstance(name, str) or name not in APPLY:
        raise Refused(422, "unknown_parameter", f"function_to_apply is {' or '.join(APPLY)}.")
    top = given.get("top_k")
    if top is not None and (type(top) is not int or top < 1):
        raise Refused(422, "invalid_type", "top_k is a number from 1 on.")
    return APPLY[name], top
