"""The classes of a data set against those of a run: which are the same, by their names."""

import re
from dataclasses import replace

from data.labels import Names
from data.names import negative_first
from data.rows import DataError
from data.sources import Data, Split

ID = re.compile(r"(?:LABEL_)?(\d+)", re.ASCII)


def match_classes(
    found: Names, wanted: Names, found_by_id: Names = (), wanted_by_id: Names = ()
) -> tuple[list[int], str]:
    """The place in `wanted` of each class of `found`, and what should be said of it.

    The same names are the same classes; of two classes those that their words call negative are
    the same, and ids without names go by their number: by that which the source's own ids, in
    `by_id`, give to the others. Raises DataError where neither holds.
    """
    if set(found) <= set(wanted):
        absent = [name for name in wanted if name not in found]
        note = f"classes are matched by their number; no text is of {', '.join(absent)}"
        places = [wanted.index(name) for name in found]
        return places, note if absent and len(_ids(found)) == len(found) else ""
    if len(found) == len(wanted):
        places = list(range(len(found)))
        ids = [_ids(names) for names in (found, wanted)]
        numbered = places in ids and all(known in ([], places) for known in ids)
        sides = ((found, found_by_id), (wanted, wanted_by_id))
        # Of two classes without ids the second is the positive one, of more the order says nothing.
        told = all(by_id or _ids(names) for names, by_id in sides)
        if numbered and (told or len(found) == 2):
            ours, theirs = found_by_id or found, wanted_by_id or wanted
            places = [wanted.index(theirs[ours.index(name)]) for name in found]
            return places, f"classes are matched by their number: {_pairs(found, wanted, places)}"
        # Index 1 is the positive class of both.
        if len(found) == 2 and all(negative_first(*names) == names for names in (found, wanted)):
            said = _pairs(found, wanted, places)
            return places, f"classes are matched by what their names say: {said}"
    raise DataError(
        f"the data have the classes {', '.join(found)}, the run {', '.join(wanted)} "
        "(hint: --positive NAME folds classes into two; a mapping.txt beside a file, of a line for "
        "each id, a tab and its name, names them)"
    )


def _pairs(found: Names, wanted: Names, places: list[int]) -> str:
    return ", ".join(f"{name} is {wanted[i]}" for name, i in zip(found, places, strict=True))


def _ids(names: Names) -> list[int]:
    """The ids that classes without names have in place of these."""
    return [int(match[1]) for match in map(ID.fullmatch, names) if match]


def in_order_of(data: Data, names: Names, by_id: Names = ()) -> tuple[Data, str]:
    """The data with a run's classes in their order, and what should be said of it.

    `by_id` are these classes in the order of the ids that they had in the run's own data.
    """
    ids, note = match_classes(data.label_names, names, data.by_id, by_id)
    splits = {
        name: Split(split.texts, [ids[label] for label in split.labels])
        for name, split in data.splits.items()
    }
    return replace(data, splits=splits, label_names=names, by_id=by_id), note
