"""What a student's loss is made of: labels, the teacher's logits, the teacher's hidden states.

Shapes:  B batch,  T tokens,  C hidden size,  K classes,  L student layers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

TERMS = ("loss", "hard_loss", "soft_loss", "hidden_loss")  # what distillation_loss may return


def soft_loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """temperature^2 * KL(teacher || student), both softened, mean over the batch; logits (B, K).

    Softening shrinks the gradient by temperature^2, and the factor undoes that, so that alpha
    means the same at each temperature. `batchmean` is the KL of the definition; the default
    `mean` would divide it by K as well.
    Source: Hinton et al. 2015, section 2, https://arxiv.org/abs/1503.02531
    """
    return temperature**2 * F.kl_div(
        F.log_softmax(student_logits / temperature, dim=-1),
        F.log_softmax(teacher_logits / temperature, dim=-1),
        reduction="batchmean",
        log_target=True,
    )


def hidden_loss(
    student_hidden: Sequence[Tensor], teacher_hidden: Sequence[Tensor], attention_mask: Tensor
) -> Tensor:
    """1 - cos(student, teacher): mean over a text's real tokens, then over texts and layers.

    L pairs of (B, T, C); padding (`attention_mask` (B, T) is 0 there) does not count. Each text
    counts alike, however long: so the losses of the parts of a batch add up to that of the batch.
    PKD takes the squared distance of normalised states, |u - v|^2 = 2 (1 - cos), of [CLS].
    Source: the cosine, DistilBERT, section 2, https://arxiv.org/abs/1910.01108; layer by layer,
    PKD, section 3.2, https://arxiv.org/abs/1908.09355
    """
    mask = attention_mask / attention_mask.sum(dim=1, keepdim=True)  # (B, T), each row sums to 1
    distances = [
        ((1 - F.cosine_similarity(s.float(), t.float(), dim=-1)) * mask).sum(dim=1)  # (B,)
        for s, t in zip(student_hidden, teacher_hidden, strict=True)
    ]
    return torch.stack(distances).mean()


def hard_loss(logits: Tensor, labels: Tensor, text_weights: Tensor | None = None) -> Tensor:
    """Cross-entropy, mean over the batch; each text's times its weight (B,) where they are given.

    The mean is over texts and not over weights: so the losses of parts of a batch add up here too.
    """
    if text_weights is None:
        return F.cross_entropy(logits, labels)
    return (text_weights * F.cross_entropy(logits, labels, reduction="none")).mean()


@dataclass(frozen=True)
class LossWeights:
    """How the terms of the loss add up; as they stand here, the labels alone count.

    `alpha` goes from 0 (labels) to 1 (teacher); `beta` weighs the hidden states, 0 or more;
    `temperature` softens both sets of logits, 1 not at all.
    """

    temperature: float = 1.0
    alpha: float = 0.0
    beta: float = 0.0


def distillation_loss(
    student_logits: Tensor,
    labels: Tensor,
    teacher_logits: Tensor | None = None,
    hidden: tuple[Sequence[Tensor], Sequence[Tensor], Tensor] | None = None,
    weights: LossWeights = LossWeights(),
    text_weights: Tensor | None = None,
) -> dict[str, Tensor]:
    """loss = (1 - alpha) * hard_loss + alpha * soft_loss + beta * hidden_loss, and its terms.

    Labels are (B,), logits (B, K). Terms without a teacher are left out: with the labels alone it
    is the plain cross-entropy of fine-tuning. `hidden` holds the arguments of `hidden_loss`,
    `text_weights` (B,) that of `hard_loss`.
    """
    student_logits = student_logits.float()  # bf16 has too few digits for a logarithm
    loss = hard_loss(student_logits, labels, text_weights)
    terms = {"hard_loss": loss}
    if teacher_logits is not None:
        terms["soft_loss"] = soft_loss(student_logits, teacher_logits, weights.temperature)
        loss = (1 - weights.alpha) * terms["hard_loss"] + weights.alpha * terms["soft_loss"]
    if hidden is not None:
        terms["hidden_loss"] = hidden_loss(*hidden)
        loss = loss + weights.beta * terms["hidden_loss"]
    return {"loss": loss, **terms}
