"""Shifts made of training data alone: what a recipe is chosen by before the test set is opened.

A test set from another year cannot be had for choosing. These four stand in for it. In three of
them texts of one kind are left out of training and scored afterwards: those about immigrants, about
women, and with hashtags (https://aclanthology.org/2023.genbench-1.9 splits so). In the fourth,
`campaigns`, a hashtag that nearly gives the label away is never wrong in training, and wrong in
half of the texts scored (as where groups are balanced, Sagawa et al. 2020,
https://arxiv.org/abs/1911.08731).
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data import Data, Split
from data.hashtags import HASHTAG

IMMIGRANTS = re.compile(
    r"immigra|refugee|migrant|alien|border|asylum|deport|daca|\bwall\b|buildth|maga", re.IGNORECASE
)
WOMEN = re.compile(
    r"bitch|\bhoes?\b|whore|slut|cunt|\bwom[ae]n|girl|feminis|skank|kunt|pussy|misogyn|\brape"
    r"|womensuck|yesallmen|metoo",
    re.IGNORECASE,
)
HELD_OUT = {  # name: which texts are held out
    "immigrants": IMMIGRANTS.search,
    "women": WOMEN.search,
    "hashtags": HASHTAG.search,
}
SHIFTS = (*HELD_OUT, "campaigns")
COMMON = 10  # texts that a hashtag must stand in to be a cue
TELLTALE = (0.2, 0.7)  # its share of hate is at most or at least this


def shifted(data: Data, name: str, validation_share: float = 0.1) -> Data:
    """Hold out training texts of a shift as `test`; train and validation are the others.

    The validation and test splits of `data` are not used.
    """
    texts, labels = data.splits["train"].texts, np.array(data.splits["train"].labels)
    rng = np.random.default_rng(0)
    if name == "campaigns":
        out = campaigns(texts, labels, rng)
    else:
        out = np.array([bool(HELD_OUT[name](text)) for text in texts])
    order = rng.permutation(np.flatnonzero(~out))
    size = round(validation_share * len(order))
    places = {"train": np.sort(order[size:]), "validation": np.sort(order[:size])}
    places["test"] = np.flatnonzero(out)
    splits = {
        split: Split([texts[i] for i in where], labels[where].tolist())
        for split, where in places.items()
    }
    return Data(f"{data.name}, {name} held out", splits, data.label_names)


def usable_shifts(data: Data) -> list[str]:
    """The shifts that a data set can give: both labels in each of their splits."""
    made = {name: shifted(data, name).splits.values() for name in SHIFTS}
    return [name for name, splits in made.items() if all(len(set(s.labels)) == 2 for s in splits)]


def telltale_hashtags(texts: Sequence[str], labels: np.ndarray) -> dict[str, float]:
    """Hashtags that nearly give the label away, and their texts' share of positives."""
    total, positive = Counter[str](), Counter[str]()
    for text, label in zip(texts, labels, strict=True):
        words = set(HASHTAG.findall(text.lower()))
        total.update(words)
        positive.update(words if label else ())
    low, high = TELLTALE
    shares = {word: positive[word] / count for word, count in total.items() if count >= COMMON}
    return {word: share for word, share in shares.items() if not low < share < high}


def campaigns(texts: Sequence[str], labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which texts have a telltale hashtag that misleads, and as many, at random, where it is right.

    The most telling hashtag of a text decides. Both labels are as often there as each other.
    """
    shares = telltale_hashtags(texts, labels)
    rate = labels.mean()
    kinds: dict[tuple[bool, int], list[int]] = {(s, y): [] for s in (False, True) for y in (0, 1)}
    for place, text in enumerate(texts):
        found = [shares[word] for word in HASHTAG.findall(text.lower()) if word in shares]
        if found:
            says_hate = max(found, key=lambda share: abs(share - rate)) > rate
            kinds[says_hate, int(labels[place])].append(place)
    out = np.zeros(len(texts), bool)
    for says_hate in (False, True):
        misled = kinds[says_hate, int(not says_hate)]
        right = kinds[says_hate, int(says_hate)]
        out[misled] = True
        size = min(len(misled), len(right))
        out[rng.choice(right, size, replace=False) if size else []] = True
    return out


def write_folder(data: Data, folder: Path) -> None:
    """Write a data set as a folder of .jsonl files, which `--data` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    names = "".join(f"{number}\t{name}\n" for number, name in enumerate(data.label_names))
    (folder / "mapping.txt").write_text(names, encoding="utf-8")
    for name, split in data.splits.items():
        lines = [
            json.dumps({"text": text, "label": label})
            for text, label in zip(split.texts, split.labels, strict=True)
            if text.strip()  # some tweets are empty, and tables may not hold empty texts
        ]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
