"""Which columns of a table hold the texts and the labels: as told, or by the usual names."""

from collections.abc import Sequence

from data.rows import DataError, other_separator

TEXT = (
    *("text", "tweet", "tweet_text", "comment", "comment_text", "content", "body", "sentence"),
    *("post", "post_text", "message", "review", "title", "utterance", "document"),
)
LABEL = (
    *("label", "labels", "class", "category", "target", "toxic", "is_toxic", "toxicity", "hate"),
    *("is_hate", "hateful", "is_hateful", "offensive", "is_offensive", "abusive", "is_abusive"),
    *("spam", "is_spam", "sentiment"),
)


def find_columns(
    place: str, found: Sequence[str], text: str | None, label: str | None
) -> tuple[str, tuple[str, ...]]:
    """The column of texts and those of labels; `text` and `label` are what was told.

    `label` may be several names with commas between them. Raises DataError where two could be
    meant, or none.
    """
    text = text or find_text(place, found)
    label = label or _usual(place, found, LABEL, "labels", "--label-column")
    return text, (label,) if label in found else tuple(map(str.strip, label.split(",")))


def find_text(place: str, found: Sequence[str]) -> str:
    """The column of texts. Raises DataError where two could be meant, or none."""
    return _usual(place, found, TEXT, "texts", "--text-column")


def is_unlabelled(found: Sequence[str], text: str, labels: Sequence[str]) -> bool:
    """Whether a table has the column of texts, and none that is or may be one of labels."""
    return text in found and not _called(found, (*map(plain, labels), *LABEL))


def plain(name: str) -> str:
    """A column's name without what people spell in several ways."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _called(found: Sequence[str], usual: Sequence[str]) -> list[str]:
    """The columns with a usual name, in any spelling; those with the first of them alone."""
    names = list(dict.fromkeys(found))
    first = [name for name in names if plain(name) == usual[0]]
    return first or [name for name in names if plain(name) in usual]


def _usual(place: str, found: Sequence[str], usual: Sequence[str], what: str, flag: str) -> str:
    """The one column with a usual name, or that with the first of these, in any spelling."""
    if usual[0] in found:
        return usual[0]
    candidates = _called(found, usual)
    if len(candidates) == 1:
        return candidates[0]
    shown = ", ".join(repr(name) for name in candidates or found if name) or "none"
    if candidates:
        raise DataError(f"{place}: which column holds the {what}, {shown}? (hint: {flag} NAME)")
    hint = other_separator(found) or f"(hint: {flag} with one of {shown})"
    raise DataError(f"{place}: which column holds the {what}? {hint}")
