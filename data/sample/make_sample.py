"""Write the teaching sample: train.csv, validation.csv, test.csv and mapping.txt.
Run `python -m data.sample.make_sample`; the output is the same on every run.
"""

import csv
import random
import re
from collections import Counter
from pathlib import Path

from data.sample import everyday, templates

FOLDER = Path(__file__).parent
LABELS = ["not-hate", "hate"]
HATE = {**templates.HATE, **everyday.HATE}
NOT_HATE = {**templates.NOT_HATE, **everyday.NOT_HATE}
ROWS = {"train": 50, "validation": 12, "test": 12}  # per phenomenon
EVERYDAY_ROWS = {**ROWS, "train": 125}
DIGITS = str.maketrans("aeio", "4310")


def disguise(word: str, style: int) -> str:
    """Return `word` with digits for vowels, with spaces between its letters, or with a star."""
    if style == 0 and set(word) & set("aeio"):
        return word.translate(DIGITS)
    if style == 1 and len(word) <= 6:
        return " ".join(word)
    return re.sub("[aeiou]", "*", word, count=1)


def fill(template: str, turn: int, used: Counter) -> str:
    """Return one text of `template`; `used` counts how often each slot was filled so far."""

    def choose(match: re.Match) -> str:
        slot = match.group(1)
        if slot not in templates.FILLERS:
            options = slot.split("|")
            return options[turn % len(options)]
        used[slot] += 1
        fillers = templates.FILLERS[slot]
        return fillers[used[slot] % len(fillers)]

    def hide(match: re.Match) -> str:
        used["disguise"] += 1
        return disguise(match.group(1), used["disguise"] % 3)

    text = re.sub(r"\{(.+?)\}", choose, template)
    text = re.sub(r"\[(.+?)\]", hide, text)
    if template[0].islower():
        return text
    return re.sub(r"(^|[.?!] )([a-z])", lambda match: match.group(0).upper(), text)


def make_split(split: str) -> list[dict[str, str]]:
    """Return the rows of one split in their final order."""
    rows = []
    for label, phenomena in zip(LABELS, [NOT_HATE, HATE], strict=True):
        used: Counter[str] = Counter()
        for phenomenon, frames in phenomena.items():
            size = (EVERYDAY_ROWS if phenomenon in everyday.TEMPLATES else ROWS)[split]
            count = len(frames[split])
            for place, turn in sorted((row % count, row // count) for row in range(size)):
                text = fill(frames[split][place], turn, used)
                rows.append({"text": text, "label": label, "phenomenon": phenomenon})
    random.Random(0).shuffle(rows)
    return rows


def main() -> None:
    """Write the three splits and the label mapping next to this script."""
    for split in ROWS:
        with open(FOLDER / f"{split}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["text", "label", "phenomenon"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(make_split(split))
    mapping = "".join(f"{index}\t{label}\n" for index, label in enumerate(LABELS))
    (FOLDER / "mapping.txt").write_text(mapping, encoding="utf-8")


if __name__ == "__main__":
    main()
