"""Which of two class names is the positive one: by words that people use, in any spelling."""

import re
from collections.abc import Sequence

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")  # of noHate, NOT_HATE, non-toxic
NO = ("no", "not", "non")
WELL = {
    *("normal", "neutral", "ok", "okay", "clean", "benign", "civil", "safe", "acceptable", "good"),
    *("appropriate", "fine", "kind", "ham", "allowed", "permitted", "respectful", "compliant"),
    *("polite", "friendly", "nice", "decent", "harmless", "legal"),
}
ABSENT = {*NO, "none", "neither", "negative", "other", "false"}
POSITIVE = (  # beginnings of words
    *("hat", "toxi", "offen", "abus", "insult", "attack", "harass", "threat", "profan", "obscen"),
    *("vulgar", "racis", "sexis", "misogyn", "bully", "bullie", "cyberbull", "violen", "extrem"),
    *("aggress", "bad", "spam", "positiv", "true", "yes"),
)


def is_negative(name: str) -> bool:
    """Whether a class name says that something is absent, or that all is well."""
    first, *more = [word.lower() for word in WORD.findall(name)] or [""]
    if first in NO:
        return not WELL & {*more}  # not safe
    # Of words written as one, such as nohate: what comes after the no.
    rest = [first.removeprefix(no) for no in NO if first.startswith(no)]
    if any(part.startswith(POSITIVE) for part in rest):
        return True
    says = first in WELL | ABSENT or [first, *more] == ["n"]
    return says and not any(word.startswith(POSITIVE) for word in more)  # other_bullying


def is_positive(name: str) -> bool:
    """Whether a class name names what is looked for, or the absence of what is well: unsafe."""
    words = [word.lower() for word in WORD.findall(name)]
    without = [
        word.removeprefix(no) for word in words for no in ("un", "in", "im", "il", "dis", *NO)
    ]
    named = any(word.startswith(POSITIVE) for word in words)
    not_well = ({*without} - {*words}) & WELL or {*words[:1]} & {*NO}
    return not is_negative(name) and (named or bool(not_well))


def absence_of(name: str) -> str:
    """What a name that says that all is well leaves out: toxic of not_toxic, not-safe of safe.

    Empty for any other name.
    """
    if not is_negative(name):
        return ""
    first = next(WORD.finditer(name))
    if first[0].lower() in NO:
        return name[first.end() :].lstrip(" _-")
    # A column of kinds says another thing.
    return f"not-{name}" if first[0].lower() in WELL - {"kind"} else ""


def among(text: str, known: Sequence[str]) -> list[str]:
    """The names of a list with commas between them; a name may have commas of its own.

    One that is not known stands there as it was given.
    """
    parts, found = text.split(","), []
    while parts:
        ends = range(len(parts), 0, -1)
        names = [(end, ",".join(parts[:end]).strip()) for end in ends]
        end, name = next((pair for pair in names if pair[1] in known), names[-1])
        found.append(name)
        parts = parts[end:]
    return found


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


def positive_of(names: Sequence[str]) -> list[int]:
    """The ids of the classes that are looked for: of two the second, of more all but the negative.

    Empty where no name says that all is well: no part of a text then has more of them than another.
    """
    if len(names) == 2:
        return [1]
    found = [label for label, name in enumerate(names) if not is_negative(name)]
    return found if len(found) < len(names) else []
