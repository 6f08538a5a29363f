"""Campaign hashtags: a shortcut that tweets of one year offer and tweets of the next do not.

In the training tweets `#buildthatwall` is nearly always hate, in the test tweets it is not: HatEval
was collected by keywords and hashtags (Basile et al. 2019, section 3,
https://aclanthology.org/S19-2007). A model may read them, not see them, or see their words.
"""

import re
from collections.abc import Callable

HASHTAG = re.compile(r"(?<!&)#(\w+)")  # &#39; is an apostrophe
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")  # between the words of BuildThatWall, of build_it


def remove_hashtags(text: str) -> str:
    """`Enough. #BuildThatWall` becomes `Enough.`; a sign without a word stays."""
    return " ".join(HASHTAG.sub(" ", text).split())


def split_hashtags(text: str) -> str:
    """`#BuildThatWall` becomes `Build That Wall`; words in one case are left to WordPiece."""
    return HASHTAG.sub(lambda match: HUMP.sub(" ", match[1]).strip(), text)


READINGS: dict[str, Callable[[str], str]] = {
    "keep": lambda text: text,
    "remove": remove_hashtags,
    "split": split_hashtags,
}
