"""What the page and the API can ask for, without a word of HTTP."""

import time
from collections.abc import Sequence
from typing import Any

from experiment.classifier import Prediction
from experiment.readable import EMPTY
from webapp.contract import MAX_BATCH, MAX_CHARS, Refused, which
from webapp.gate import Gate
from webapp.models import Model
from webapp.why import toxicity, why
from webapp.words import about, in_words


class Service:
    """The loaded models behind one gate; the first model is the one asked by default."""

    def __init__(
        self,
        models: dict[str, Model],
        threshold: float | None = None,  # None: each model's own
        running: int = 2,
        waiting: int = 4,
    ) -> None:
        self.models, self.threshold = models, threshold
        self.default = next(iter(models))
        self.gate = Gate(running, waiting)

    def choose(self, name: object) -> Model:
        """The model of that name, the default one for None; raises Refused for any other."""
        name = self.default if name is None else name
        if not isinstance(name, str) or name not in self.models:
            raise Refused(422, "unknown_model", f"The models here are {', '.join(self.models)}.")
        return self.models[name]

    def threshold_of(self, model: Model) -> float:
        return model.threshold if self.threshold is None else self.threshold

    def info(self) -> dict[str, Any]:
        return {
            "models": [
                {
                    "name": model.name,
                    "sha256": model.sha256,
                    "layers": model.layers,
                    "made": in_words(model),
                    "about": about(model),
                    "dtype": model.dtype,
                    "parameters": model.results.get("parameters"),
                    "max_tokens": model.max_tokens,
                    "threshold": self.threshold_of(model),
                    "labels": list(model.names),
                    **(
                        {}
                        if model.toxic == (1,) and len(model.names) == 2
                        else {"toxic": model.toxic_names}
                    ),
                }
                for model in self.models.values()
            ],
            "default": self.default,
            "threshold": self.threshold_of(self.models[self.default]),
            "max_chars": MAX_CHARS,
            "max_batch": MAX_BATCH,
        }

    def predict(self, model: Model, texts: Sequence[str]) -> list[Prediction]:
        """The predictions of a model, one a text; raises Refused for an empty one or if busy."""
        return not_empty(self.gate.predict(model, texts))

    def classify(self, texts: Sequence[str], name: object = None) -> list[dict[str, Any]]:
        """One answer a text; `ms` is the time of the whole batch, waiting included.

        Raises Refused for a model that is not here, and where the server is busy.
        """
        started, model = time.perf_counter(), self.choose(name)
        predictions = self.predict(model, texts)
        ms = milliseconds(started)
        return [self.answer(model, prediction, ms) for prediction in predictions]

    def compare(self, text: str) -> list[dict[str, Any]]:
        """The answers of all models to one text, in their order; `ms` is each model's own time.

        Raises Refused where the server is busy.
        """

        def ask(model: Model) -> dict[str, Any]:
            started = time.perf_counter()
            return self.answer(model, predict(model, text), milliseconds(started))

        return self.gate.run(lambda: [ask(model) for model in self.models.values()])

    def explain(self, text: str, name: object = None) -> dict[str, Any]:
        """An answer with what moved it, see webapp/why.py. Raises Refused as `classify` does."""
        started, model = time.perf_counter(), self.choose(name)

        def leave_out() -> tuple[Prediction, dict[str, Any]]:
            prediction = predict(model, text)
            return prediction, why(model, text, prediction)

        prediction, reasons = self.gate.run(leave_out)
        return self.answer(model, prediction, milliseconds(started)) | reasons

    def decide(self, model: Model, prediction: Prediction) -> str:
        """The class that a text is said to have: by the threshold where there are two."""
        if len(model.names) > 2:
            return prediction.label
        is_toxic = toxicity(model, prediction) >= self.threshold_of(model)
        [toxic] = model.toxic
        return model.names[toxic if is_toxic else 1 - toxic]

    def answer(self, model: Model, prediction: Prediction, ms: float) -> dict[str, Any]:
        """What is said of a text; of more classes than two also which is the likeliest.

        It need not be a toxic one where the text is toxic: those may share the probability.
        """
        threshold, score = self.threshold_of(model), toxicity(model, prediction)
        toxic = None if prediction.reason else score >= threshold
        classes = {
            "class": prediction.label,
            "classes": dict(zip(model.names, prediction.scores, strict=True)),
            "toxic_classes": model.toxic_names,
        }
        return {
            "label": {True: "toxic", False: "not_toxic", None: "cannot_tell"}[toxic],
            "toxic": toxic,
            "reason": prediction.reason or None,
            "score": score,
            "threshold": threshold,
            "scores": {"toxic": score, "not_toxic": 1 - score},
            **(classes if len(model.names) > 2 else {}),
            "truncated": prediction.truncated,
            "n_tokens": prediction.n_tokens,
            "max_tokens": model.max_tokens,
            "window": prediction.window + 1,
            "windows": prediction.windows,
            "model": {"name": model.name, "sha256": model.sha256, "about": about(model)},
            "ms": ms,
        }


def predict(model: Model, text: str) -> Prediction:
    """The prediction of one text, by who has passed the gate; raises Refused for an empty one."""
    [prediction] = not_empty(model.classifier.predict([text]))
    return prediction


def not_empty(predictions: list[Prediction]) -> list[Prediction]:
    for number, prediction in enumerate(predictions, start=1):
        if prediction.is_empty:
            raise Refused(422, "empty_text", which(number, len(predictions)) + EMPTY)
    return predictions


def milliseconds(started: float) -> float:
    return round(1000 * (time.perf_counter() - started), 1)
