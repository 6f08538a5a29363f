"""Which of two class names is the positive one: by words that people use, in any spelling."""

import re

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")  # of noHate, NOT_HATE, non-toxic
NEGATIVE = {
    *("no", "not", "non", "none", "normal", "neither", "neutral", "negative", "ok", "okay"),
    *("clean", "benign", "civil", "safe", "acceptable", "appropriate", "other", "good", "fine"),
    *("kind", "ham", "false", "n"),
}
POSITIVE = (  # beginnings of words
    *("hat", "toxi", "offen", "abus", "insult", "attack", "harass", "threat", "profan", "obscen"),
    *("vulgar", "racis", "sexis", "misogyn", "bully", "bullie", "violen", "extrem", "aggress"),
    *("bad", "spam", "positiv", "true", "yes"),
)


def is_negative(name: str) -> bool:
    """Whether a class name says that something is absent, or that all is well."""
    words = [word.lower() for word in WORD.findall(name)]
    if not words:
        return False
    # Of words written as one, such as nohate: what comes after the no.
    rest = [words[0].removeprefix(no) for no in ("non", "not", "no") if words[0].startswith(no)]
    return words[0] in NEGATIVE or any(part.startswith(POSITIVE) for part in rest)


def is_positive(name: str) -> bool:
    """Whether a class name names what is looked for, or the absence of what is well: unsafe."""
    words = [word.lower() for word in WORD.findall(name)]
    return not is_negative(name) and any(
        word.startswith(POSITIVE) or (word[:2] in ("un", "in") and word[2:] in NEGATIVE)
        for word in words
    )


def negative_first(first: str, second: str) -> tuple[str, str] | None:
    """The two names, the negative one first; None where their words do not settle it."""
    for says, name, other in (
        (is_negative, first, second),
        (is_negative, second, first),
        (is_positive, second, first),
        (is_positive, first, second),
    ):
        if says(name) and not says(other):
            return (name, other) if says is is_negative else (other, name)
    return None
