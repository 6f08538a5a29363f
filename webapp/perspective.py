"""Google's Perspective API, `comments:analyze`, answered by runs: for programs that spoke to it.

A comment in, a probability for each requested attribute out. What is the same and what differs is
in docs/PERSPECTIVE.md. Fields and errors are those of commentanalyzer v1alpha1 as its description
(https://commentanalyzer.googleapis.com/$discovery/rest?version=v1alpha1) and clients show them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiment.classifier import Prediction
from experiment.errors import UsageError
from experiment.readable import LETTERS
from webapp.contract import check_characters
from webapp.google_json import GoogleError, read_fields, utf16
from webapp.models import Model
from webapp.service import Service
from webapp.why import explained, toxicity

MAX_BYTES = 20 * 1024  # of a comment in UTF-8, as there
MAX_BODY = 512 * 1024  # bytes: the context, which is not read, may be an article
KIND = "PROBABILITY"
TEXT = {"text": str, "type": str}
ASKED: dict[str, type] = {
    "comment": dict,
    "context": dict,
    "languages": list,
    "clientToken": str,
    "sessionId": str,
    "communityId": str,
    "doNotStore": bool,
}
ANALYZE = ASKED | {
    "requestedAttributes": dict,
    "spanAnnotations": bool,
    "dropUnsupportedAttributes": bool,
}
PARAMETERS: dict[str, type] = {"scoreType": str, "scoreThreshold": object}
SUGGEST = ASKED | {"attributeScores": dict}


@dataclass(frozen=True)
class Attribute:
    """What answers an attribute: the probability of one class of a model, or of its toxic ones."""

    model: Model
    label: int | None = None

    def read(self, prediction: Prediction) -> Prediction:
        """A prediction by the window that answers: the highest, of a class its own."""
        return prediction if self.label is None else prediction.by_class(self.label)

    def score(self, prediction: Prediction) -> float:
        read = self.read(prediction)
        return toxicity(self.model, read) if self.label is None else read.scores[self.label]


def choose_attributes(asked: Sequence[str], service: Service) -> dict[str, Attribute]:
    """Attributes by name, of NAME=RUN or NAME=RUN:CLASS; TOXICITY of the default model for none.

    Raises UsageError.
    """
    found = {} if asked else {"TOXICITY": Attribute(service.models[service.default])}
    for text in asked:
        name, equals, rest = text.partition("=")
        run, colon, label = (rest, "", "") if rest in service.models else rest.partition(":")
        if not (name and equals and run) or name in found:
            raise UsageError(f"--attribute {text}: NAME=RUN or NAME=RUN:CLASS, each name once")
        if run not in service.models:
            known = ", ".join(service.models)
            raise UsageError(f"--attribute {text}: there is no run {run!r} here (hint: {known})")
        model = service.models[run]
        if colon and label not in model.names:
            known = ", ".join(model.names)
            raise UsageError(f"--attribute {text}: the classes of {run} are {known}")
        found[name] = Attribute(model, model.names.index(label) if colon else None)
    return found


@dataclass(frozen=True)
class Analyzer:
    """The two methods of the API: what a request asks, and the answer."""

    service: Service
    attributes: Mapping[str, Attribute]
    languages: Sequence[str] = ("en",)

    def analyze(self, body: dict[str, Any]) -> dict[str, Any]:
        """The scores of one comment. Raises GoogleError and Refused."""
        asked = read_fields(body, ANALYZE)
        text, wanted = read_comment(asked), self.wanted(asked)
        spans = asked.get("spanAnnotations", False)
        models = {attribute.model.name: attribute.model for attribute in wanted.values()}
        read = {name: self.service.predict(own, [text])[0] for name, own in models.items()}
        # Words take a pass each, a score that is there takes none.
        compute = self.service.gate.run if spans else lambda work: work()
        found = compute(lambda: score(text, wanted, read, spans))
        foreign = read and all(each.reason == LETTERS for each in read.values())
        if foreign and not asked.get("languages"):
            if not asked.get("dropUnsupportedAttributes"):
                raise not_of(next(iter(wanted)), detectedLanguages=["und"])
            found = {}
        least = {n: p.get("scoreThreshold", 0) for n, p in asked["requestedAttributes"].items()}
        scores = {n: s for n, s in found.items() if s["summaryScore"]["value"] >= least[n]}
        languages = asked.get("languages") or list(self.languages[:1])
        return {"attributeScores": scores, "languages": languages} | token(asked)

    def suggest(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a suggested score, of which none is kept. Raises GoogleError, Refused."""
        asked = read_fields(body, SUGGEST)
        read_comment(asked)
        if not asked.get("attributeScores"):
            raise GoogleError(400, "Missing attribute_scores")
        for name, given in asked["attributeScores"].items():
            self.check_known(name)
            read_fields(given, {"summaryScore": dict, "spanScores": list}, name)
        return token(asked)

    def check_known(self, name: str) -> None:
        if name not in self.attributes:
            known = ", ".join(self.attributes)
            raise GoogleError(400, f"Unknown requested attribute: {name} (here are: {known})")

    def reads(self, code: object) -> bool:
        """Whether a language is taken, by its whole code or its first part: pt-BR where pt is."""
        known = [language.lower().replace("_", "-") for language in self.languages]
        own = code.lower().replace("_", "-") if isinstance(code, str) else ""
        return own in known or own.partition("-")[0] in known

    def wanted(self, asked: dict[str, Any]) -> dict[str, Attribute]:
        """The attributes of a request that are known, and for its languages. Raises GoogleError."""
        requested = asked.get("requestedAttributes")
        if not requested:
            raise GoogleError(400, "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
        foreign = [code for code in asked.get("languages", []) if not self.reads(code)]
        wanted = {}
        for name, given in requested.items():
            self.check_known(name)
            requested[name] = read_parameters(name, given)
            if not foreign:
                wanted[name] = self.attributes[name]
            elif not asked.get("dropUnsupportedAttributes"):
                raise not_of(name, requestedLanguages=asked["languages"], told=foreign)
        return wanted


def not_of(name: str, told: Sequence[Any] = ("und",), **languages: Any) -> GoogleError:
    """The refusal of a comment in another language than an attribute's; programs know its words."""
    shown = ", ".join(map(str, told))
    return GoogleError(
        400,
        f"Attribute {name} does not support request languages: {shown}",
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        languageNotSupportedByAttributeError={"attribute": name, **languages},
    )


def read_comment(asked: dict[str, Any]) -> str:
    """The text of a request; raises GoogleError and Refused."""
    comment = read_fields(asked.get("comment", {}), TEXT, "comment")
    if comment.get("type", "PLAIN_TEXT") not in ("PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"):
        raise GoogleError(400, "Only PLAIN_TEXT comments are read.")
    text: str = comment.get("text", "")
    if not text.strip():
        raise GoogleError(400, "Comment must be non-empty.", "COMMENT_EMPTY")
    check_characters(text)
    if len(text.encode()) > MAX_BYTES:
        raise GoogleError(
            400, f"Comment text too long: over {MAX_BYTES:,} bytes.", "COMMENT_TOO_LONG"
        )
    return text


def read_parameters(name: str, given: object) -> dict[str, Any]:
    """How one attribute is asked for; raises GoogleError."""
    found = read_fields({} if given is None else given, PARAMETERS, name)
    kind, threshold = found.get("scoreType", KIND), found.get("scoreThreshold", 0)
    if kind not in (KIND, "SCORE_TYPE_UNSPECIFIED"):
        raise GoogleError(400, f"Requested score type {kind} is not supported by attribute {name}")
    if type(threshold) not in (int, float) or not 0 <= threshold <= 1:
        raise GoogleError(400, f"The scoreThreshold of {name} must be from 0 to 1.")
    return found


def score(
    text: str, wanted: Mapping[str, Attribute], read: Mapping[str, Prediction], spans: bool
) -> dict[str, Any]:
    """What the answer says of each attribute: the score of the text, and of its words where asked.

    `read` has the prediction of each model. The score of a word is what the probability loses
    without it, 0 where it gains.
    """
    found = {}
    for name, attribute in wanted.items():
        prediction = attribute.read(read[attribute.model.name])
        whole = attribute.score(prediction)
        parts = [(0, utf16(text), whole)]
        if spans:
            parts = span_scores(attribute.model, text, prediction, attribute.score)
        found[name] = {
            "summaryScore": {"value": whole, "type": KIND},
            "spanScores": [
                {"begin": begin, "end": end, "score": {"value": value, "type": KIND}}
                for begin, end, value in parts
            ],
        }
    return found


def span_scores(
    model: Model, text: str, prediction: Prediction, score_one: Callable[[Prediction], float]
) -> list[tuple[int, int, float]]:
    """Where each word of a text begins and ends, in UTF-16 units, and its score."""
    parts = explained(model, text, prediction, score_one)
    found, place = [], utf16(parts.before)
    for piece in parts.pieces:
        begin, place = place, place + utf16(piece.text)
        if piece.change is not None:
            found.append((begin, place, max(0.0, piece.change)))
    return found


def token(asked: dict[str, Any]) -> dict[str, str]:
    return {"clientToken": asked["clientToken"]} if "clientToken" in asked else {}
