"""How many floating-point operations the matrix products of a model take, as PyTorch counts them.

Embeddings are look-ups and count nothing, nor does element-wise work.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from bert_min import BertForSequenceClassification

Flops = Callable[[np.ndarray], float]  # of texts of these lengths, without padding


def flops_of(
    model: BertForSequenceClassification, every_token: bool = True, backwards: bool = True
) -> Flops:
    """What a training step takes, or a forward pass alone, from the lengths of its texts.

    With `every_token` the last layer works for all of them, as the peers' does. Without, it works
    as the model itself does where no hidden states are asked for: the share of the limit stays
    honest, whichever way that goes. Products of n tokens take a n^2 + b n + c: counted three times.
    """
    trained = [p for p in model.parameters() if p.requires_grad]

    def count(length: int) -> int:
        text = torch.ones(1, length, dtype=torch.long)
        # The counter knows the plain products of attention, not each of its faster kernels.
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            logits = model(text, text, output_hidden_states=every_token).logits
            if backwards:
                torch.autograd.grad(logits.sum(), trained, allow_unused=True)
        return counter.get_total_flops()

    sizes = [4, 8, 16]
    powers = np.linalg.solve(np.vander(sizes), [count(n) for n in sizes])
    return lambda lengths: float(np.polyval(powers, lengths).sum())
