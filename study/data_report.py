"""What a model can learn from the training tweets that the test tweets do not keep."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from experiment.cli import run_command

EXAMPLES = """examples:
  python -m study.data_report --data DIR
  python -m study.data_report --data DIR --model minilm --out docs/study/data.json
"""
SPLITS = ("train", "validation", "test")


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m study.data_report",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data",
        default="cardiffnlp/tweet_eval:hate",
        metavar="ID:CONFIG|DIR|sample",
        help="labelled texts (default: cardiffnlp/tweet_eval:hate)",
    )
    parser.add_argument(
        "--model", default="minilm", metavar="M", help="whose tokenizer counts (default: minilm)"
    )
    parser.add_argument("--out", type=Path, metavar="F.json", help="write the figures here, too")
    return parser.parse_args(argv)


def describe(data: Any, encode: Callable[[Sequence[str]], list[Any]]) -> dict[str, Any]:
    """Figures of a data set: sizes and priors, lengths, telltale hashtags, repeated texts.

    Of a hashtag only the label rate in training is looked at; of a repeated text, whether the two
    labels agree, which nothing is chosen by.
    """
    import numpy as np

    from data.hashtags import HASHTAG
    from study.shifts import telltale_hashtags

    splits = {}
    for name in SPLITS:
        split = data.splits[name]
        lengths = np.array([len(encoded.ids) for encoded in encode(split.texts)])
        tagged = [bool(HASHTAG.search(text)) for text in split.texts]
        splits[name] = {
            "texts": len(split.texts),
            "positive_rate": float(np.mean(split.labels)),
            "tokens_mean": float(lengths.mean()),
            "tokens_p50": float(np.quantile(lengths, 0.5)),
            "tokens_p95": float(np.quantile(lengths, 0.95)),
            "tokens_max": int(lengths.max()),
            "with_hashtag": float(np.mean(tagged)),
        }

    train = data.splits["train"]
    rates = telltale_hashtags(train.texts, np.array(train.labels))
    found = {
        name: [set(HASHTAG.findall(text.lower())) for text in data.splits[name].texts]
        for name in SPLITS
    }
    hashtags: list[dict[str, Any]] = [
        {
            "hashtag": f"#{tag}",
            "training_positive_rate": rate,
            **{f"{name}_share": float(np.mean([tag in t for t in found[name]])) for name in SPLITS},
        }
        for tag, rate in rates.items()
    ]
    hashtags.sort(key=lambda row: -row["test_share"] - row["train_share"])

    known: dict[str, int] = dict(zip(train.texts, train.labels, strict=True))
    repeats = {}
    for name in SPLITS[1:]:
        split = data.splits[name]
        pairs = [
            (known[text], label)
            for text, label in zip(split.texts, split.labels, strict=True)
            if text in known
        ]
        repeats[name] = {
            "texts": len(pairs),
            "same_label": sum(a == b for a, b in pairs),
            "positive_in_training": sum(a for a, _ in pairs),
            "positive_here": sum(b for _, b in pairs),
        }
    return {
        "data": data.name,
        "positive": data.label_names[1],
        "splits": splits,
        "with_telltale_hashtag": {
            name: float(np.mean([not t.isdisjoint(rates) for t in found[name]])) for name in SPLITS
        },
        "hashtags": hashtags,
        "repeats": repeats,
    }


def tables(figures: dict[str, Any], most: int = 12) -> list[str]:
    """Splits; hashtags; repeats: three Markdown tables."""
    from scoring.table import aligned

    splits = [
        [
            name,
            f"{row['texts']:,}",
            f"{row['positive_rate']:.1%}",
            f"{row['tokens_mean']:.1f}",
            f"{row['tokens_p50']:.0f}",
            f"{row['tokens_p95']:.0f}",
            f"{row['tokens_max']}",
            f"{row['with_hashtag']:.1%}",
            f"{figures['with_telltale_hashtag'][name]:.1%}",
        ]
        for name, row in figures["splits"].items()
    ]
    hashtags = [
        [
            row["hashtag"],
            f"{row['training_positive_rate']:.0%}",
            *(f"{row[f'{name}_share']:.2%}" for name in SPLITS),
        ]
        for row in figures["hashtags"][:most]
    ]
    repeats = [
        [
            name,
            *(
                str(row[key])
                for key in ("texts", "same_label", "positive_in_training", "positive_here")
            ),
        ]
        for name, row in figures["repeats"].items()
    ]
    positive = figures["positive"]
    return [
        aligned(
            [
                "Split",
                "texts",
                positive,
                "tokens, mean",
                "median",
                "95 %",
                "most",
                "with a hashtag",
                "with a telltale one",
            ],
            splits,
        ),
        aligned(
            ["Hashtag", f"{positive} in training", *(f"share of {name}" for name in SPLITS)],
            hashtags,
        ),
        aligned(
            [
                "Texts that stand in training, too",
                "texts",
                "same label",
                f"{positive} in training",
                f"{positive} here",
            ],
            repeats,
        ),
    ]


def main() -> int:
    args = parse_args()
    from bert_min import BertTokenizer, resolve_model
    from data import load_data

    folder = resolve_model(args.model)
    tokenizer = BertTokenizer(folder.parent if folder.is_file() else folder, 512)
    figures = describe(load_data(args.data), tokenizer.encode)
    print("\n\n".join(tables(figures)))
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    run_command(main)
