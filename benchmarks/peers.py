"""The other programs, each as its own documents say to use it, and as it is fastest.

"As people run it": fp32, random order, padding to the longest of a batch. "At its best": texts of
like length together, bf16 where the hardware has it, PyTorch's attention kernel, fused AdamW.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from benchmarks.material import MAX_LENGTH, Sample
from data.batches import pad, send
from distill import LossWeights, distillation_loss

CPU = torch.device("cpu")
RANK = 16


class Step(NamedTuple):
    """One training step: seconds, and the lengths of its texts."""

    seconds: float
    lengths: np.ndarray


def load_transformers(folder: Path, **settings: Any) -> Any:
    """A transformers classifier from a folder, in fp32 unless `settings` say otherwise."""
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    kind = transformers.AutoModelForSequenceClassification
    return kind.from_pretrained(folder, **{"dtype": torch.float32, **settings})


load_sdpa = partial(load_transformers, attn_implementation="sdpa")


def load_peft(folder: Path) -> Any:
    """A transformers classifier with PEFT's LoRA on query and value and a trained head."""
    import peft

    config = peft.LoraConfig(
        task_type="SEQ_CLS",
        r=RANK,
        lora_alpha=2 * RANK,
        lora_dropout=0.1,
        target_modules=["query", "value"],
        modules_to_save=["classifier"],
    )
    return peft.get_peft_model(load_transformers(folder), config)


def load_tokenizer(folder: Path) -> Any:
    import transformers

    # A local folder: there is no revision to pin.
    kind = transformers.AutoTokenizer
    return kind.from_pretrained(folder, model_max_length=MAX_LENGTH)


Loss = Callable[[Any, Tensor, Tensor, Tensor], Tensor]


def own_loss(model: Any, input_ids: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
    return model(input_ids=input_ids, attention_mask=mask, labels=labels).loss


def live_teacher_loss(teacher: Any, layers: Sequence[int], weights: LossWeights) -> Loss:
    """Distillation with the teacher run anew in each step; `layers` (from 1) match the student's.

    Without any, the hidden states do not count.
    """
    teacher.eval()

    def loss(student: Any, input_ids: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        inputs: dict[str, Any] = {"input_ids": input_ids, "attention_mask": mask}
        inputs["output_hidden_states"] = bool(layers)
        with torch.no_grad():
            told = teacher(**inputs)
        said = student(**inputs)
        hidden = None
        if layers:
            hidden = (said.hidden_states[1:], [told.hidden_states[n] for n in layers], mask)
        return distillation_loss(said.logits, labels, told.logits.float(), hidden, weights)["loss"]

    return loss


def steps_of(
    model: Any, sample: Sample, best: bool, dtype: torch.dtype, loss: Loss = own_loss
) -> Iterator[np.ndarray]:
    """Train a step for each batch of the sample, where the model is; yield which texts it had.

    `dtype` is that of autocast, which only runs at their best use.
    """
    model.train()
    device = next(model.parameters()).device
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=5e-5, fused=best or None)
    gold, mixed = torch.tensor(sample.labels, device=device), best and dtype != torch.float32
    for index in sample.batches if best else sample.random_batches:
        input_ids, mask = pad([sample.ids[i] for i in index], model.config.pad_token_id, device)
        with torch.autocast(device.type, dtype, enabled=mixed):
            value = loss(model, input_ids, mask, gold[send(torch.from_numpy(index), device)])
        value.backward()
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimizer.step()
        optimizer.zero_grad()  # before the next forward pass: no gradients lie beside activations
        yield index


def timed(steps: Iterator[np.ndarray], sample: Sample) -> list[Step]:
    """Seconds of each step on a CPU; the first, a warm-up, is not among the answers."""
    found, started = [], time.perf_counter()
    for index in steps:
        ended = time.perf_counter()
        found.append(Step(ended - started, sample.lengths[index]))
        started = ended
    return found[1:]
