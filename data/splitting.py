"""Texts into parts: each class's share alike in all, from a seed, and like texts on one side."""

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

# What a copy of a post differs in: who is named, where a link leads, that it was passed on.
NAMES_AND_LINKS = re.compile(r"\b(?:https?://|www\.)\S+|(?:\brt\s+)?@\w+:?|^\s*rt\b:?")


def normalised(text: str) -> str:
    """A text without what its copies differ in: case, white space, @names, links and RT.

    Of a text that has nothing else, names and links stay.
    """
    plain = " ".join(text.casefold().split())
    return " ".join(NAMES_AND_LINKS.sub(" ", plain).split()) or plain


def copy_key(text: str) -> bytes:
    """What the copies of a text have in common, in 12 bytes: a hash of it, once normalised."""
    plain = normalised(text).encode("utf-8", "surrogatepass")
    return blake2b(plain, digest_size=12).digest()


def divide(
    texts: Sequence[str], labels: Sequence[int], shares: Sequence[float], seed: int
) -> np.ndarray:
    """The part (N,) of each text, from 0, so that part p holds about `shares[p]` of every class.

    `shares` add up to 1. Texts that are the same once normalised are in one part; a class gives
    each part a text where it has as many different ones.
    """
    groups: dict[bytes, list[int]] = {}
    for place, text in enumerate(texts):
        groups.setdefault(copy_key(text), []).append(place)
    of_class: dict[int, list[list[int]]] = {}
    for places in groups.values():
        found = [labels[place] for place in places]
        most = max(sorted(set(found)), key=found.count)  # copies may have other labels
        of_class.setdefault(most, []).append(places)

    parts, rng = np.zeros(len(texts), np.int64), np.random.default_rng(seed)
    for label in sorted(of_class):
        order = rng.permutation(len(of_class[label]))
        own = sorted((of_class[label][i] for i in order), key=len, reverse=True)
        # The smallest groups, one for each part, come last; the others go where most is missing.
        reserved = len(shares) if len(own) >= len(shares) else 0
        missing = np.array(shares) * sum(map(len, own))
        for part in range(reserved):
            missing[part] -= len(own[part - reserved])
        for number, places in enumerate(own):
            late = number - (len(own) - reserved)
            part = late if late >= 0 else int(missing.argmax())
            if late < 0:
                missing[part] -= len(places)
            parts[places] = part
    return parts
