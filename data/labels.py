"""Labels as they are written become class ids: names, whole numbers, or a score and a threshold."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from data.names import absence_of, among, is_negative, is_positive, negative_first
from data.rows import DataError

Names = tuple[str, ...]
MOST = 50  # classes; more are a sign that somebody named the wrong column
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
YES_AND_NO = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
EMPTY = ("", "nan", "null", "na", "<na>")  # as pandas, databases and R write what is missing
NO_LABEL = "the label is empty"
IS = re.compile(r"^[Ii]s(?=[ _A-Z-])[ _-]?")
COLUMN = "(hint: --label-column with the one of the classes, or a mapping.txt beside the files)"
THRESHOLD = 0.5


@dataclass(frozen=True)
class Classes:
    """The classes of a data set in their order, and what a label must say to be of one."""

    names: Names
    ids: dict[str, int]  # by what is written, numbers in their shortest form
    positive_from: float | None = None  # where labels are scores: what is as high is "1"
    note: str = ""
    by_id: Names = ()  # the names as the source's own ids have them, where it told some
    in_bounds: bool = False  # whether scores go from 0 to 1

    def id_of(self, label: str) -> int | None:
        """The class of a label as it is written; None where there is no such class."""
        number = as_number(label)
        if number is not None and self.positive_from is not None:
            if self.in_bounds and not 0 <= number <= 1:
                return None
            return self.ids[str(int(number >= self.positive_from))]
        if label not in self.ids and number is not None:
            label = shortest(number)
        return self.ids.get(label)


def written(label: Any) -> tuple[str, str]:
    """A label as text, and what is wrong with it; 1, "1", 1.0 and True are the same label."""
    if isinstance(label, float | Decimal):
        label = shortest(float(label))
    if label is not None and not isinstance(label, int | str):
        return "", f"the label is {label!r:.40}, neither an id nor a name"
    text = "" if label is None else label.strip() if isinstance(label, str) else str(int(label))
    return ("", NO_LABEL) if text.casefold() in EMPTY else (text, "")


def any_of(labels: Iterable[Any], positive_from: float | None) -> tuple[str, str]:
    """Of several labels, each yes or no or a score, one: "1" where any of them is, else "0"."""
    threshold = THRESHOLD if positive_from is None else positive_from
    positive, missing = False, ""
    for label in labels:
        text, error = written(label)
        number = YES_AND_NO.get(text.casefold(), as_number(text))
        if error == NO_LABEL:
            missing = error
        elif error:
            return "", error
        elif number is None or (positive_from is None and not 0 <= number <= 1):
            return "", f"the label is {text!r}, no number from 0 to 1"
        else:
            positive |= number >= threshold
    return ("", missing) if missing and not positive else (str(int(positive)), "")


def as_number(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text) else None


def shortest(number: float) -> str:
    """1.0 is 1."""
    return str(int(number)) if number.is_integer() else repr(number)


def find_classes(
    labels: Iterable[str],
    told: Names | None,
    columns: Names,
    positive: str | None,
    positive_from: float | None,
    few: bool = False,
) -> Classes:
    """The classes of the training texts, from what their labels say.

    `told` are names by id, of a mapping file or of the source itself; `columns` are those of the
    labels. `positive` names the classes that become one, against the rest; of two, the positive
    one. With `few` texts most may be of a class of their own. Raises DataError where labels are no
    classes, or nothing says which of two is positive.
    """
    counts = Counter(labels)
    numbers = {label: as_number(label) for label in counts}
    known = [number for number in numbers.values() if number is not None]
    commas = [label for label in counts if COMMA.fullmatch(label)]
    if commas and len(commas) + len(known) == len(counts):
        raise DataError(f"labels such as {commas[0]} have decimal commas (hint: 0.5, not 0,5)")
    if len(columns) > 1:
        classes = _classes(_pair(columns), ("0", "1"))
    elif positive_from is not None or (not told and any(n % 1 for n in known)):
        classes = _scores(numbers, columns, positive_from)
    elif told:
        classes = _told(told)
    else:
        if len(known) == len(numbers):
            found = [shortest(number) for number in sorted(set(known))]
        else:
            forms = {n if (x := as_number(n)) is None else shortest(x) for n in counts}
            found = sorted(forms, key=lambda name: (not is_negative(name), name))
        texts = counts.total()
        if len(found) > MOST or (2 < len(found) > texts / 2 and not few):
            shown = _shown(found)
            raise DataError(f"{len(found)} different labels of {texts} texts, {shown} {COLUMN}")
        classes = _found(found, texts, columns, asked=positive is None)
    return _folded(classes, positive) if positive else classes


def _classes(names: Names, written: Names, **more: Any) -> Classes:
    """Classes by their names, and by what is written in their place."""
    ids = {label: index for index, label in enumerate(written)}
    return Classes(names, ids | {name: index for index, name in enumerate(names)}, **more)


def _pair(names: Names) -> Names:
    """What the two classes are called where these are the positive one together."""
    if len(names) == 1:
        return f"not-{names[0]}", names[0]
    return "rest" if "other" in names else "other", "+".join(names)


def _of_column(columns: Names) -> Names:
    """The names of 0 and 1, where the column says what is 1: is_toxic, is_safe, not_toxic."""
    name = IS.sub("", columns[0]) if columns else ""
    if is_positive(name):
        return _pair((name,))
    return (other, name) if (other := absence_of(name)) else ("0", "1")


def _scores(
    numbers: dict[str, float | None], columns: Names, positive_from: float | None
) -> Classes:
    """Two classes of numbers, by a threshold."""
    for label, number in numbers.items():
        if number is None:
            raise DataError(f"the labels are names and numbers, such as {label!r} {COLUMN}")
        if positive_from is None and not 0 <= number <= 1:
            hint = "(hint: --positive-from N makes two classes, or another --label-column)"
            raise DataError(f"labels such as {label} are neither classes nor from 0 to 1 {hint}")
    threshold = THRESHOLD if positive_from is None else positive_from
    names = _of_column(columns)
    note = f"the labels are scores: from {threshold:g} on a text is {names[1]!r} (--positive-from)"
    in_bounds = positive_from is None
    return replace(_told(names), positive_from=threshold, note=note, in_bounds=in_bounds)


def _told(names: Names) -> Classes:
    """Classes whose names are told by id; of two the negative one comes first, by its words."""
    ordered = negative_first(*names) if len(names) == 2 else None
    note = ""
    if len(names) == 2 and not ordered and None in map(as_number, names):
        note = f"of the classes {names[0]!r} and {names[1]!r} the second is the positive one"
    order = ordered or names
    ids = {str(number): order.index(name) for number, name in enumerate(names)}
    by_name = {name: index for index, name in enumerate(order)}
    if any(ids.get(name, index) != index for name, index in by_name.items()):
        by_name = {}  # 1, 2, 3 are called 0, 1, 2: a 1 is an id, and no name
    return Classes(order, by_name | ids, note=note, by_id=names)


def _shown(names: list[str]) -> str:
    return ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")


def _found(names: list[str], texts: int, columns: Names, asked: bool) -> Classes:
    """Classes by what is written, in this order; of two the negative one comes first."""
    if len(names) < 2:
        shown = _shown(names)
        raise DataError(f"all {texts} texts of train are {shown}: that is one class, not two")
    if names == ["0", "1"]:
        return _told(_of_column(columns))
    said = [YES_AND_NO.get(name.casefold()) for name in names]
    if said == [0, 1] and (classes := _told(_of_column(columns))).ids["1"] == 0:
        # True of is_safe is what is well, and so the first class.
        return replace(classes, ids=classes.ids | {names[0]: 1, names[1]: 0})
    ordered = negative_first(*names) if len(names) == 2 else tuple(names)
    if ordered is None and asked:
        hint = "(hint: --positive NAME, or a mapping.txt beside the files: 0<tab>NAME, 1<tab>NAME)"
        raise DataError(
            f"which of the classes is the positive one, {' or '.join(map(repr, names))}? {hint}"
        )
    alike = Counter(name.casefold() for name in names)
    twice = [name for name in names if alike[name.casefold()] > 1]
    hint = f"(hint: --positive {','.join(twice)} makes them one)"
    note = f"{' and '.join(map(repr, twice))} are classes of their own {hint}" if twice else ""
    return _classes(ordered or tuple(names), (), note=note)


def _folded(classes: Classes, positive: str) -> Classes:
    """Two classes: those that `positive` names, separated by commas, against the rest."""
    names = classes.names
    wanted = tuple(
        name if (index := classes.id_of(name)) is None else names[index]
        for name in among(positive, (*names, *classes.ids))
    )
    for name in wanted:
        if name not in names:
            raise DataError(f"--positive: no class {name!r} (hint: classes are {', '.join(names)})")
    if set(wanted) == set(names):
        raise DataError(f"--positive {positive} names all classes: none is left for the rest")
    rest = [name for name in names if name not in wanted]
    folded = (rest[0], wanted[0]) if len(names) == 2 else _pair(wanted)
    ids = {label: int(names[index] in wanted) for label, index in classes.ids.items()}
    note = "" if len(names) == 2 else f"{folded[1]!r} against {', '.join(map(repr, rest))} together"
    by_id = classes.by_id if len(names) == 2 else ()
    return replace(classes, names=folded, ids=ids, note=note or classes.note, by_id=by_id)
