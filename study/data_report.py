"""What a model can learn from the training tweets that the test tweets do not keep.

`python -m study` writes it as data.json before it trains; docs/FIVE_SEEDS.md has it as tables.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from data import Data, Split
from data.hashtags import HASHTAG

SPLITS = ("train", "validation", "test")
COMMON = 10  # texts that a hashtag must stand in to be a cue
TELLTALE = (0.2, 0.7)  # its share of hate is at most or at least this


def describe(data: Data, encode: Callable[[Sequence[str]], list[Any]]) -> dict[str, Any]:
    """Figures of a data set: sizes and priors, lengths, telltale hashtags, repeated texts.

    Of a hashtag only the label rate in training is looked at; of a repeated text, whether the two
    labels agree, which nothing is chosen by.
    """
    train = data.splits["train"]
    rates = telltale_hashtags(train.texts, np.array(train.labels))
    tags = {
        name: [set(HASHTAG.findall(text.lower())) for text in data.splits[name].texts]
        for name in SPLITS
    }
    hashtags: list[dict[str, Any]] = [
        {
            "hashtag": f"#{tag}",
            "training_positive_rate": rate,
            **{f"{name}_share": float(np.mean([tag in t for t in tags[name]])) for name in SPLITS},
        }
        for tag, rate in rates.items()
    ]
    return {
        "data": data.name,
        "positive": data.label_names[1],
        "splits": {name: sizes(data.splits[name], encode) for name in SPLITS},
        "with_telltale_hashtag": {
            name: float(np.mean([not t.isdisjoint(rates) for t in tags[name]])) for name in SPLITS
        },
        "hashtags": sorted(hashtags, key=lambda row: -row["test_share"] - row["train_share"]),
        "repeats": {name: repeats(train, data.splits[name]) for name in SPLITS[1:]},
    }


def sizes(split: Split, encode: Callable[[Sequence[str]], list[Any]]) -> dict[str, Any]:
    """How many texts, how many of them positive, how long, with how many hashtags."""
    lengths = np.array([len(encoded.ids) for encoded in encode(split.texts)])
    return {
        "texts": len(split.texts),
        "positive_rate": float(np.mean(split.labels)),
        "tokens_mean": float(lengths.mean()),
        "tokens_p50": float(np.quantile(lengths, 0.5)),
        "tokens_p95": float(np.quantile(lengths, 0.95)),
        "tokens_max": int(lengths.max()),
        "with_hashtag": float(np.mean([bool(HASHTAG.search(text)) for text in split.texts])),
    }


def repeats(train: Split, split: Split) -> dict[str, int]:
    """The texts of a split that stand in training, too, and their labels in both places."""
    known: dict[str, int] = dict(zip(train.texts, train.labels, strict=True))
    pairs = [
        (known[text], label)
        for text, label in zip(split.texts, split.labels, strict=True)
        if text in known
    ]
    return {
        "texts": len(pairs),
        "same_label": sum(a == b for a, b in pairs),
        "positive_in_training": sum(a for a, _ in pairs),
        "positive_here": sum(b for _, b in pairs),
    }


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
