"""Whether a model can tell anything of a text: what it cannot read gets no answer."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

# A word of letters and digits; Chinese, Japanese, Korean and Thai have no spaces between theirs.
WORD = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['\u2019]\w+)*"
)
SHARE = 0.02  # of a vocabulary, from which on its model is taken to know a script
EMPTY = "There is nothing to read in this text."
NO_LETTERS = "There are no letters in it."
LETTERS = "It is not written in letters that this model has learnt."
UNKNOWN = "Most of its words are unknown to this model."
SHORT = "A single word says too little."
LONG = "Most of it lies beyond what this model reads."


def script(character: str) -> str:
    """The script of a letter, by the first word of its name: LATIN, CYRILLIC, CJK, ..."""
    return "LATIN" if character.isascii() else unicodedata.name(character, "?").split()[0]


def scripts_of(vocabulary: Mapping[str, int]) -> frozenset[str]:
    """The scripts that a vocabulary has many pieces of: of bert-base-uncased Latin alone."""
    letters = (next(filter(str.isalpha, piece), "") for piece in vocabulary)
    counts = Counter(script(letter) for letter in letters if letter)
    return frozenset(name for name, n in counts.items() if n >= SHARE * counts.total())


def unmarked(text: str) -> str:
    """A text without the signs that stand on letters, by which a word would end."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(c for c in composed if not unicodedata.category(c).startswith("M"))


def why_not(
    text: str,
    windows: Iterable[list[int]],
    read: float,
    unknown: int,
    knows: Callable[[str], bool],
) -> str:
    """Why nothing can be told of a text; empty where something can.

    `windows` are the ids that a model is given of it, [CLS] and [SEP] included, `read` their share
    of the whole text, `unknown` the id of [UNK]; `knows` says whether it knows a letter's script.
    """
    pieces = [piece for window in windows for piece in window[1:-1]]
    if not pieces:
        return EMPTY
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return NO_LETTERS
    if 2 * sum(map(knows, letters)) <= len(letters):
        return LETTERS
    if 2 * pieces.count(unknown) > len(pieces):
        return UNKNOWN
    plain = unmarked(text)
    first = WORD.search(plain)
    if not (first and WORD.search(plain, first.end())):
        return SHORT
    return LONG if read < 0.5 else ""
