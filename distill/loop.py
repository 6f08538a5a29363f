"""The training loop: one for the teacher, for students with and without one, and for LoRA."""

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from bert_min import BertForSequenceClassification
from data.batches import pad, training_batches
from distill.losses import attention_entropy, distillation_loss
from distill.progress import Fit, State, capture, restore, trainable
from distill.targets import Targets
from speed.ranks import add_up, any_rank, rank, world
from speed.replicas import Replica, Replicas

TOKENS_PER_PART = 1536  # bounds memory, whatever the batch size and the longest text
TERMS = ("loss", "hard_loss", "soft_loss", "hidden_loss", "attention_entropy")
Augment = Callable[[Sequence[int], np.random.Generator], Sequence[int]]
HINT = "(hint: a lower --lr, or --dtype fp32)"


class TrainingError(Exception):
    """Training cannot go on."""


@dataclass(frozen=True)
class Recipe:
    """How to train. `warmup` is a share of all steps, `alpha` and `beta` weigh the loss terms.

    `entropy_weight` times the attention's entropy is subtracted from the loss.
    """

    epochs: int = 5
    batch_size: int = 64
    lr: float = 5e-5
    weight_decay: float = 0.01
    warmup: float = 0.1
    temperature: float = 5.0
    alpha: float = 0.5
    beta: float = 0.0
    label_smoothing: float = 0.0
    entropy_weight: float = 0.0
    seed: int = 0
    dtype: torch.dtype = torch.float32
    max_steps: int | None = None


def make_optimizer(model: torch.nn.Module, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW with bias correction; no decay on biases and LayerNorm, which have no scale to lose.

    Source: Mosbach et al. 2021, https://arxiv.org/abs/2006.04884 (bias correction and warm-up
    are what makes fine-tuning BERT stable); epsilon 1e-6 is that of google-research/bert.
    """
    parameters = trainable(model).items()
    plain = [p for n, p in parameters if n.endswith("bias") or "LayerNorm" in n]
    decayed = [p for n, p in parameters if not (n.endswith("bias") or "LayerNorm" in n)]
    return torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": recipe.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ],
        lr=recipe.lr,
        eps=1e-6,
        fused=True,
    )


def learning_rate_factor(step: int, warmup_steps: int, total_steps: int) -> float:
    """Linear up to 1 over the warm-up, then linear to 0 at the end (step counts from 0)."""
    if step < warmup_steps:
        return (step + 1) / (warmup_steps + 1)
    return (total_steps - step) / max(1, total_steps - warmup_steps)


def split_batch(index: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Cut a batch into 2, 4, 8... even parts of about TOKENS_PER_PART tokens, padding included.

    Gradients of the parts add up to the batch's. A power of two shares out evenly among cores,
    and it does not depend on their number: neither do the dropout masks, drawn part by part.
    (More than two processes make a multiple of their number.)
    """
    tokens = len(index) * int(lengths[index].max())
    ways = max(2, world())  # each process needs a part
    parts = ways * 2 ** max(0, math.ceil(math.log2(tokens / TOKENS_PER_PART / ways)))
    return np.array_split(index, min(len(index), parts))


def batch_loss(
    student: BertForSequenceClassification,
    ids: Sequence[Sequence[int]] | Mapping[int, Sequence[int]],
    labels: Tensor,
    index: np.ndarray,
    recipe: Recipe,
    targets: Targets | None,
) -> dict[str, Tensor]:
    """The loss of the texts at `index` and its terms: student forward beside stored targets."""
    device = next(student.parameters()).device
    input_ids, mask = pad([ids[i] for i in index], student.config.pad_token_id, device)  # (B, T)
    matched = targets is not None and bool(targets.layers)
    logits, states, attentions = student(
        input_ids, mask, output_hidden_states=matched, output_attentions=recipe.entropy_weight > 0
    )

    teacher_logits, hidden = None, None
    if targets is not None:
        teacher_logits, teacher_states = targets.batch(index, device)
        # states[0] are the embeddings; states[n] is what student layer n gives.
        hidden = (states[1:], teacher_states, mask) if matched else None
    terms = distillation_loss(
        logits,
        labels[index].to(device),
        teacher_logits,
        hidden,
        recipe.temperature,
        recipe.alpha,
        recipe.beta,
        recipe.label_smoothing,
    )
    if attentions:
        terms["attention_entropy"] = attention_entropy(attentions, mask)
        terms["loss"] = terms["loss"] - recipe.entropy_weight * terms["attention_entropy"]
    return terms


def backward(
    replicas: Replicas,
    ids: Sequence[Sequence[int]],
    labels: Tensor,
    parts: list[np.ndarray],
    recipe: Recipe,
    targets: Targets | None,
    step: int,
    augment: Augment | None,
) -> dict[str, float]:
    """Leave a batch's gradients in the student's `.grad`; the terms of its loss.

    The parts share out among the processes, and there among the replicas, and add up.
    """

    def train_part(replica: Replica, n: int) -> dict[str, float]:
        replica.seed_dropout(recipe.seed, step, n)
        rng = np.random.default_rng([recipe.seed, step, n])
        seen = {i: augment(ids[i], rng) for i in parts[n]} if augment else ids
        terms = batch_loss(replica.model, seen, labels, parts[n], recipe, targets)
        share = len(parts[n]) / sum(map(len, parts))
        (share * terms["loss"]).backward()
        return {name: share * term.item() for name, term in terms.items()}

    terms = replicas.backward(train_part, range(rank(), len(parts), world()))
    return add_up_terms(terms, replicas.flat.device)


def add_up_terms(terms: list[dict[str, float]], device: torch.device) -> dict[str, float]:
    """The loss terms of a batch from those of its parts, in this and in all other processes."""
    totals = [sum(part.get(name, 0.0) for part in terms) for name in TERMS]
    present = [float(any(name in part for part in terms)) for name in TERMS]
    both = torch.tensor([totals, present], dtype=torch.float64, device=device)
    add_up(both)
    totals, present = both.tolist()
    found = zip(TERMS, totals, present, strict=True)
    return {name: total for name, total, count in found if count}


def fit(
    student: BertForSequenceClassification,
    ids: Sequence[Sequence[int]],
    labels: Sequence[int],
    recipe: Recipe,
    validate: Callable[[], dict[str, Any]],
    targets: Targets | None = None,
    log: Callable[[dict[str, Any]], Any] = lambda line: None,
    stop: Callable[[], bool] = lambda: False,
    save: Callable[[State], Any] = lambda state: None,
    save_every: int | None = None,
    start: State | None = None,
    augment: Augment | None = None,
) -> Fit:
    """Train on encoded texts and keep the epoch with the lowest validation loss.

    `validate` scores the student as it stands; `log` is given a line for each step and epoch;
    `stop` is asked after each step. `save` is given the state after each epoch, each `save_every`
    steps and where `stop` said so; with one of these as `start` training goes on from there.
    `augment` changes the ids of a text, not their number, each time that the student reads it.
    Raises TrainingError at a loss that is not finite.
    """
    lengths, gold = np.array([len(row) for row in ids]), torch.tensor(labels)
    steps_per_epoch = math.ceil(len(ids) / recipe.batch_size)
    total_steps = min(recipe.epochs * steps_per_epoch, recipe.max_steps or sys.maxsize)
    optimizer = make_optimizer(student, recipe)
    warmup_steps = round(recipe.warmup * total_steps)
    done = restore(start, student, optimizer) if start else Fit()
    replicas = Replicas(student, recipe.dtype)
    parameters = list(trainable(student).values())
    device = parameters[0].device
    quiet = True if rank() > 0 else None  # None: where stderr is no terminal
    bar = tqdm(total=total_steps, initial=done.steps, desc="training", unit="step", disable=quiet)

    stopped = False
    while done.steps < total_steps and not stopped:
        epoch, batch = divmod(done.steps, steps_per_epoch)
        epoch += 1
        student.train()
        tokens, started = 0, time.perf_counter()
        for index in training_batches(lengths, recipe.batch_size, recipe.seed, epoch)[batch:]:
            parts = split_batch(index, lengths)
            values = backward(replicas, ids, gold, parts, recipe, targets, done.steps, augment)
            norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0).item()
            if not (math.isfinite(values["loss"]) and math.isfinite(norm)):
                raise TrainingError(
                    f"loss {values['loss']}, gradient norm {norm} at step {done.steps + 1}, "
                    f"epoch {epoch} {HINT}"
                )
            lr = recipe.lr * learning_rate_factor(done.steps, warmup_steps, total_steps)
            for group in optimizer.param_groups:
                group["lr"] = lr
            optimizer.step()
            replicas.refresh()

            done.steps += 1
            tokens += int(lengths[index].sum())
            speed = tokens / (time.perf_counter() - started)
            done.hard_losses.append(values["hard_loss"])
            log({"step": done.steps, "epoch": epoch, "lr": lr, "grad_norm": norm, **values})
            bar.set_postfix_str(f"loss {values['loss']:.3f}, {speed:,.0f} tokens/s", refresh=False)
            bar.update()
            stopped = any_rank(stop(), device)  # of several processes none goes on alone
            due = save_every and done.steps % save_every == 0
            ended = done.steps in (total_steps, epoch * steps_per_epoch)  # saved when validated
            if (due or stopped) and not ended:
                save(capture(student, optimizer, done))
            if ended or stopped:
                break

        train_loss = float(np.mean(done.hard_losses))
        try:
            validation = validate()
        except FloatingPointError as error:
            raise TrainingError(f"after step {done.steps}, {error} {HINT}") from None
        log({"epoch": epoch, "train_loss": train_loss, "validation": validation})
        if rank() == 0:
            tqdm.write(
                f"epoch {epoch}: training loss {train_loss:.4f}, validation loss "
                f"{validation['loss']:.4f}, macro-F1 {validation['macro_f1']:.4f}",
                file=sys.stderr,
            )
        done.note(epoch, train_loss, validation, student)
        if ended:
            done.hard_losses = []
            save(capture(student, optimizer, done))

    bar.close()
    replicas.workers.close()
    done.interrupted = done.steps < total_steps
    return done
