"""What of a checkpoint's pooler and head a training goes on with, and what is drawn anew."""

from collections.abc import Callable, Sequence

from torch import Tensor

from bert_min.config import SINGLE, BertConfig

HEAD = ("classifier.weight", "classifier.bias")
POOLER = ("bert.pooler.dense.weight", "bert.pooler.dense.bias")


def kept_rows(config: BertConfig, rows: int, label_names: Sequence[str]) -> list[int] | None:
    """Which row of a checkpoint's head each class goes on with; None where the head is not theirs.

    A head of `rows` rows is theirs where its classes have the same names, in whatever order. Two
    classes without names are taken in their order: the second is the positive one by custom.
    """
    if rows != len(label_names) or config.problem_type not in (None, SINGLE):
        return None
    if sorted(config.label_names) == sorted(label_names):
        return [config.label_names.index(name) for name in label_names]
    return [0, 1] if rows == 2 and not config.is_named else None


def begin(
    tensors: dict[str, Tensor],
    config: BertConfig,
    label_names: Sequence[str],
    say: Callable[[str], object],
) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors of a checkpoint that a training begins with, and the names of those to be drawn.

    `say` is told of what is drawn or taken on trust; an encoder alone has no head, as it must be.
    """
    drawn: list[str] = []
    if not any(name in tensors for name in POOLER):
        say("it has no pooler, as after masked language modelling: a new one is drawn")
        drawn += POOLER
    held = [name for name in HEAD if name in tensors]
    if not held:
        return tensors, [*drawn, *HEAD]
    rows = {tensors[name].shape[:1].numel() for name in held}
    if len(rows) > 1:
        return tensors, drawn  # damaged, as `fill` will say
    order = kept_rows(config, rows.pop(), label_names)
    theirs, ours = ", ".join(config.label_names), ", ".join(label_names)
    if config.problem_type not in (None, SINGLE):
        theirs = config.problem_type
    if order is None:
        say(f"its head is for {theirs}: a new one is drawn for {ours}")
        return {n: t for n, t in tensors.items() if n not in HEAD}, [*drawn, *HEAD]
    if not config.is_named and theirs != ours:
        say(f"its head is for {theirs}, which are no names: it is kept for {ours}")
    return tensors | {name: tensors[name][order] for name in held}, drawn
