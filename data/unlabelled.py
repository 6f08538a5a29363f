"""Texts that nobody labelled, without those that a model will be scored on."""

from collections.abc import Iterator
from pathlib import Path

from data.flat import Texts
from data.sources import Data
from data.splitting import kernel
from data.tables import DataError, read_texts


def load_unlabelled(source: str, data: Data) -> tuple[Texts, dict[str, int]]:
    """The texts of a file or a TweetEval folder, and how many are left out, by reason.

    Left out are blank texts, and texts that stand in a split of `data` once normalised: those of
    validation and test would make its scores too good, those of train are learned already.
    Raises DataError, with file and line where there is one, also where no text is left.
    """
    splits = [("validation or test", ("validation", "test")), ("train", ("train",))]
    known = {
        reason: {kernel(text) for name in names for text in data.splits[name].texts}
        for reason, names in splits
    }
    texts, left_out = Texts(), {"blank": 0, **dict.fromkeys(known, 0)}
    for text in _texts(Path(source)):
        own = kernel(text)
        found = [reason for reason, those in known.items() if own in those]
        if reason := "blank" if not text.strip() else next(iter(found), ""):
            left_out[reason] += 1
        else:
            texts.append(text)
    if not texts:
        raise DataError(f"{source} has no text that is not in {data.name} already")
    return texts, {reason: count for reason, count in left_out.items() if count}


def _texts(path: Path) -> Iterator[str]:
    tweets = path / "train_text.txt"
    for row in read_texts(tweets if path.is_dir() else path, "text"):
        if row.error:
            raise DataError(f"{path}:{row.line}: {row.error}")
        yield row.cells[0]
