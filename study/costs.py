"""What it costs to train each arm and to ask it: measured on one machine, all arms in turn.

The seconds in the records are of runs on several machines, beside other work. Here no run is
needed: what a step takes does not hang on what the weights have learned.
"""

import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from bert_min import BertForSequenceClassification, BertTokenizer
from data import Split
from data.batches import training_batches
from distill import (
    Batch,
    LossWeights,
    Schedule,
    Task,
    TeacherTargets,
    choose_layers,
    make_optimizer,
    make_student,
    train_epoch,
)
from experiment.build import fast_forward
from experiment.classifier import Classifier
from experiment.settings import Settings
from lora import add_lora
from speed.replicas import Replicas
from study.afterwards import ms_per_text
from study.questions import ARMS
from train import parse_args as parse_train

ROUNDS, STEPS = 5, 6  # of each arm; the first step of a round warms up
TEXTS = 100  # one by one, in each round


class Costs:
    """Trains each arm for a few steps on the same of a study's training texts."""

    def __init__(
        self, teacher: BertForSequenceClassification, tokenizer: BertTokenizer, split: Split
    ) -> None:
        self.teacher, self.tokenizer = teacher, tokenizer
        self.total = len(split.texts)
        size = parse_train(list(ARMS[0].flags)).batch_size
        chosen = np.random.default_rng(0).permutation(self.total)[: size * (1 + STEPS)]
        self.texts = [split.texts[i] for i in chosen]
        self.labels = torch.tensor([split.labels[i] for i in chosen])
        self.ids = [encoded.ids for encoded in tokenizer.encode(self.texts)]

    def student(self, arm: Settings) -> BertForSequenceClassification:
        """An arm's model, as it is before its training; LoRA is not in it yet."""
        layers = choose_layers(arm.layers, self.teacher.config.num_hidden_layers)
        return make_student(self.teacher, layers)

    def train(self, arm: Settings, folder: Path) -> tuple[float, float]:
        """Seconds a text, of training and of the teacher's pass, which comes once."""
        model, targets, once = self.student(arm), None, 0.0
        if arm.mode == "lora":
            names = arm.lora_targets.split(",")
            add_lora(model, names, arm.lora_r, arm.lora_alpha, arm.lora_dropout)
        if arm.matches_states:
            layers = choose_layers(arm.layers, self.teacher.config.num_hidden_layers)
            forward = partial(fast_forward, batch_size=arm.batch_size)
            started = time.perf_counter()
            targets = TeacherTargets(self.teacher, self.ids, layers, folder, forward=forward)
            once = (time.perf_counter() - started) / len(self.ids)
        weights = LossWeights(arm.temperature, arm.alpha, arm.beta)
        task = Task(self.ids, self.labels, targets, weights)
        lengths = [len(row) for row in self.ids]
        batches = [
            Batch(step, index)
            for step, index in enumerate(training_batches(lengths, arm.batch_size, 0, 1))
        ]
        schedule = Schedule(arm.learning_rate, 1, len(batches))
        optimizer, seconds = make_optimizer(model, arm.weight_decay), list[float]()
        with closing(Replicas(model, torch.float32, seed=0)) as gradients:
            steps = train_epoch(model, task, batches, optimizer, schedule, gradients)
            started = time.perf_counter()
            for batch, _ in zip(batches, steps, strict=True):
                ended = time.perf_counter()
                seconds.append((ended - started) / len(batch.index))
                started = ended
        return float(np.mean(seconds[1:] or seconds)), once

    def measure(self) -> dict[str, Any]:
        """Minutes of each arm's whole training, and milliseconds for one text."""
        arms = {arm.name: parse_train(list(arm.flags)) for arm in ARMS}
        minutes: dict[str, list[float]] = {name: [] for name in arms}
        ms: dict[str, list[float]] = {name: [] for name in arms}
        for _ in tqdm(range(ROUNDS), desc="costs", unit="round", disable=None):
            for name, arm in arms.items():
                with tempfile.TemporaryDirectory() as folder:
                    step, once = self.train(arm, Path(folder))
                minutes[name].append((arm.epochs * step + once) * self.total / 60)
                classifier = Classifier(self.student(arm), self.tokenizer)
                ms[name].append(ms_per_text(classifier, self.texts[:TEXTS]))
        rows = {
            name: {
                "minutes": round(median(minutes[name]), 4),
                "ms_per_text": round(median(ms[name]), 2),
            }
            for name in arms
        }
        return {"texts": self.total, "cores": torch.get_num_threads(), "arms": rows}
