"""Epochs, validation, the best epoch, checkpoints and the wish to stop, around the training loop.

A single step stands in distill/loop.py; here is what happens between the steps.
"""

import math
import sys
import time
from contextlib import closing

import numpy as np
import torch
from tqdm import tqdm

from bert_min import BertForSequenceClassification
from data.batches import training_batches
from distill import Batch, LossWeights, Schedule, Task, TrainingError, make_optimizer, train_epoch
from distill.loop import HINT
from experiment.build import Trainee
from experiment.checkpoint import Journal
from experiment.material import Material
from experiment.progress import Progress, State, capture, restore
from experiment.settings import Settings
from experiment.signals import Stop
from scoring import evaluate
from speed.ranks import any_rank, rank
from speed.replicas import Replicas


def train_epochs(
    trainee: Trainee,
    material: Material,
    settings: Settings,
    journal: Journal,
    start: State | None,
    stop: Stop,
) -> Progress:
    """Train, validate after each epoch and where it stops; keep the one of lowest loss.

    The journal gets a line for each step and epoch, and a checkpoint after each epoch, each
    `save_every` steps, and where `stop` says so; with one of these as `start` training goes on.
    """
    model, task = trainee.model, make_task(trainee, material, settings)
    lengths = np.array([len(row) for row in task.ids])
    schedule = make_schedule(len(lengths), settings)
    total, save_every = schedule.total_steps, settings.save_every or sys.maxsize
    optimizer = make_optimizer(model, settings.weight_decay)
    done = restore(start, model, optimizer) if start else Progress()
    gradients = Replicas(model, material.dtype, settings.seed, settings.accumulate)
    stopped = False
    with closing(gradients), progress_bar(total, done.steps) as bar:
        while done.steps < total and not stopped:
            epoch, batches = remaining_batches(lengths, settings, done.steps, total)
            steps = train_epoch(model, task, batches, optimizer, schedule, gradients)
            tokens, started = 0, time.perf_counter()
            for batch, values in zip(batches, steps, strict=True):
                done.steps += 1
                done.hard_losses.append(values["hard_loss"])
                journal.write({"step": done.steps, "epoch": epoch, **values})
                tokens += int(lengths[batch.index].sum())
                speed = tokens / (time.perf_counter() - started)
                bar.set_postfix_str(f"loss {values['loss']:.3f}, {speed:,.0f} tokens/s", False)
                bar.update()
                stopped = any_rank(stop(), material.device)  # of several processes none goes alone
                ended = batch is batches[-1]
                due = done.steps % save_every == 0
                if (due or stopped) and not ended:  # an epoch's end is saved once it is validated
                    journal.save(capture(model, optimizer, done))
                if stopped:
                    break
            validate(model, material, settings.batch_size, epoch, done, journal)
            if ended:
                done.hard_losses = []
                journal.save(capture(model, optimizer, done))
    done.interrupted = done.steps < total
    return done


def make_task(trainee: Trainee, material: Material, settings: Settings) -> Task:
    """The training texts, their labels, and what the teacher says of them."""
    ids, given = material.training_ids, torch.tensor(material.data.splits["train"].labels)
    labels = torch.zeros(len(ids), dtype=torch.long)  # of no weight where there is none
    labels[: len(given)] = given
    weights = LossWeights(settings.temperature, settings.alpha, settings.beta)
    text_weights = weigh_texts(given, len(ids), settings.is_balanced)
    return Task(ids, labels, trainee.targets, weights, text_weights)


def weigh_texts(labels: torch.Tensor, texts: int, balanced: bool) -> torch.Tensor | None:
    """The weight (texts,) of each text's label, on average 1; None where all weigh alike.

    Balanced, all K classes weigh alike: of N labels, n_c of them of class c, one of these weighs
    N / (K n_c), as in scikit-learn. Texts without a label stand last and weigh 0; the others are
    scaled up for it, so that the mean over an epoch is theirs.
    """
    if not balanced and len(labels) == texts:
        return None
    own = torch.ones(len(labels))
    if balanced:
        counts = torch.bincount(labels)
        own = len(labels) / (counts.count_nonzero() * counts[labels])
    weights = torch.zeros(texts)
    weights[: len(labels)] = own * texts / len(labels)
    return weights


def make_schedule(texts: int, settings: Settings) -> Schedule:
    """The learning rate over all steps; the warm-up is a share of them."""
    steps = settings.epochs * math.ceil(texts / settings.batch_size)
    total = min(steps, settings.max_steps or sys.maxsize)
    return Schedule(settings.learning_rate, round(settings.warmup * total), total)


def remaining_batches(
    lengths: np.ndarray, settings: Settings, step: int, total: int
) -> tuple[int, list[Batch]]:
    """The epoch (from 1) that a step (from 0) belongs to, and its batches from there on."""
    per_epoch = math.ceil(len(lengths) / settings.batch_size)
    before = step // per_epoch
    first = before * per_epoch
    order = training_batches(lengths, settings.batch_size, settings.seed, before + 1)
    batches = [Batch(number, index) for number, index in enumerate(order, start=first)]
    return before + 1, batches[step - first : total - first]


def validate(
    model: BertForSequenceClassification,
    material: Material,
    batch_size: int,
    epoch: int,
    done: Progress,
    journal: Journal,
) -> None:
    """Score the model as it stands, and take the epoch down. Raises TrainingError at NaN."""
    train_loss = float(np.mean(done.hard_losses))
    labels = material.data.splits["validation"].labels
    try:
        scores = evaluate(model, material.ids["validation"], labels, batch_size)
    except FloatingPointError as error:
        raise TrainingError(f"after step {done.steps}, {error} {HINT}") from None
    journal.write({"epoch": epoch, "train_loss": train_loss, "validation": scores})
    done.note(epoch, train_loss, scores, model)
    if rank() == 0:
        tqdm.write(
            f"epoch {epoch}: training loss {train_loss:.4f}, validation loss "
            f"{scores['loss']:.4f}, macro-F1 {scores['macro_f1']:.4f}",
            file=sys.stderr,
        )


def progress_bar(total: int, done: int) -> tqdm:
    """One bar for all processes, and none where stderr is no terminal."""
    quiet = True if rank() > 0 else None
    return tqdm(total=total, initial=done, desc="training", unit="step", disable=quiet)
