"""What a student's loss is made of: labels, the teacher's logits, the teacher's hidden states.

Shapes:  B batch,  T tokens,  C hidden size,  H heads,  K classes,  L student layers.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


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

    L pairs of (B, T, C); padding (`attention_mask` (B, T) is 0 there) does not count.
    The normalised squared error of PKD, which looks at [CLS] alone, says the same of a token on
    another scale: for unit vectors, mean((u - v)^2) = 2 (1 - cos) / C.
    Source: DistilBERT, section 2, https://arxiv.org/abs/1910.01108; PKD, section 3.2,
    https://arxiv.org/abs/1908.09355
    """
    mask = attention_mask / attention_mask.sum(dim=1, keepdim=True)  # (B, T), each row sums to 1
    distances = [
        ((1 - F.cosine_similarity(s.float(), t.float(), dim=-1)) * mask).sum(dim=1)  # (B,)
        for s, t in zip(student_hidden, teacher_hidden, strict=True)
    ]
    return torch.stack(distances).mean()


def attention_entropy(attentions: Sequence[Tensor], attention_mask: Tensor) -> Tensor:
    """How widely tokens look around, in nats: -sum_j a_ij log a_ij of the mean over the heads.

    L tensors (B, H, T, T); mean over a text's real tokens, then over texts; sum over layers.
    Subtracted from the loss, it keeps a model from deciding by a single word.
    Source: Attanasio et al. 2022, section 3, https://arxiv.org/abs/2203.09192 (their code takes
    another softmax of the mean, so a weight of theirs is not one of ours)
    """
    mask = attention_mask / attention_mask.sum(dim=1, keepdim=True)  # (B, T), each row sums to 1
    total = torch.zeros((), device=mask.device)
    for weights in attentions:
        a = weights.float().mean(dim=1)  # (B, T, T)
        entropy = -(a * a.clamp_min(1e-9).log()).sum(dim=-1)  # (B, T); padding has a = 0
        total = total + (entropy * mask).sum(dim=1).mean()
    return total


def distillation_loss(
    student_logits: Tensor,
    labels: Tensor,
    teacher_logits: Tensor | None = None,
    hidden: tuple[Sequence[Tensor], Sequence[Tensor], Tensor] | None = None,
    temperature: float = 1.0,
    alpha: float = 0.0,
    beta: float = 0.0,
    label_smoothing: float = 0.0,
) -> dict[str, Tensor]:
    """loss = (1 - alpha) * hard_loss + alpha * soft_loss + beta * hidden_loss, and its terms.

    Without `teacher_logits` (B, K) it is the plain cross-entropy of fine-tuning. `hidden` holds
    the arguments of `hidden_loss`. With `label_smoothing` e the labels' distribution is
    (1 - e) * label + e / K (Szegedy et al. 2016, section 7, https://arxiv.org/abs/1512.00567).
    """
    student_logits = student_logits.float()  # bf16 has too few digits for a logarithm
    terms = {"hard_loss": F.cross_entropy(student_logits, labels, label_smoothing=label_smoothing)}
    if teacher_logits is None:
        return {"loss": terms["hard_loss"], **terms}
    terms["soft_loss"] = soft_loss(student_logits, teacher_logits, temperature)
    loss = (1 - alpha) * terms["hard_loss"] + alpha * terms["soft_loss"]
    if hidden is not None:
        terms["hidden_loss"] = hidden_loss(*hidden)
        loss = loss + beta * terms["hidden_loss"]
    return {"loss": loss, **terms}
