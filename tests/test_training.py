"""experiment.training: the same seed, the same bytes; the best epoch; where it stops."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from small import SETTINGS, train_small

from bert_min import BertForSequenceClassification
from distill import TeacherTargets, TrainingError
from experiment import training
from scoring import evaluate


@pytest.fixture
def task(tiny_ids):
    """Texts that can be learned: class 1 where the first token is above 32."""
    return tiny_ids, [int(row[0] > 32) for row in tiny_ids]


def test_training_lowers_the_loss_and_notes_every_term(tiny, task, tmp_path):
    teacher = copy.deepcopy(tiny)
    train_small(teacher, task, replace(SETTINGS, epochs=6))
    assert evaluate(teacher, *task)["accuracy"] > 0.9
    torch.manual_seed(2)
    student = BertForSequenceClassification(replace(teacher.config, num_hidden_layers=2))
    targets = TeacherTargets(teacher, task[0], [1, 3], place=tmp_path)
    before = {n: t.clone() for n, t in teacher.state_dict().items()}
    _, notes = train_small(student, task, replace(SETTINGS, beta=10.0), targets)
    assert all(torch.equal(t, before[n]) for n, t in teacher.state_dict().items())
    assert len(notes.steps) == 3 * 6
    for name in ("loss", "hard_loss", "soft_loss", "hidden_loss"):
        assert all(math.isfinite(line[name]) for line in notes.steps)
    last = [line["hidden_loss"] for line in notes.steps[-6:]]
    assert np.mean(last) < 0.9 * notes.steps[0]["hidden_loss"]
    assert [line["epoch"] for line in notes.epochs] == [1, 2, 3]
    for epoch in notes.epochs:
        own = [line["hard_loss"] for line in notes.steps if line["epoch"] == epoch["epoch"]]
        assert epoch["train_loss"] == pytest.approx(np.mean(own))


def test_a_model_that_diverged_in_the_last_step_stops_too(tiny, task):
    with pytest.raises(
        TrainingError, match=r"after step 1, the model's logits are not finite.* \(hint"
    ):
        train_small(tiny, task, replace(SETTINGS, lr=1e30, warmup=0, max_steps=1))


def test_the_same_seed_gives_the_same_bytes(tiny, task):
    models = [copy.deepcopy(tiny) for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        train_small(model, task, replace(SETTINGS, seed=seed))
    a, b, c = (list(m.state_dict().values()) for m in models)
    assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    assert not all(torch.equal(x, y) for x, y in zip(a, c, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_number_of_threads_changes_no_dropout_mask(tiny, task, dtype):
    """One thread works through the parts that two threads share: up to rounding, it is one run."""
    losses, cores = [], torch.get_num_threads()
    for count in (1, 2):
        torch.set_num_threads(count)
        settings = replace(SETTINGS, epochs=1)
        _, notes = train_small(copy.deepcopy(tiny), task, settings, dtype=dtype)
        losses.append([line["loss"] for line in notes.steps])
        assert torch.get_num_threads() == count
    torch.set_num_threads(cores)
    # In bf16 a thread adds the gradients of its parts in bf16, two threads add theirs in fp32.
    assert losses[0] == pytest.approx(losses[1], rel=1e-4 if dtype == torch.float32 else 1e-2)


def test_the_epoch_with_the_lowest_validation_loss_is_kept(tiny, task, monkeypatch):
    seen, losses = [], iter([0.6, 0.4, 0.4])  # of equals the first

    def validate(*_):
        seen.append({n: p.detach().clone() for n, p in tiny.named_parameters()})
        return {"loss": next(losses), "macro_f1": 0.0}

    monkeypatch.setattr(training, "evaluate", validate)
    done, _ = train_small(tiny, task)
    assert (done.best_epoch, done.last_epoch) == (2, 3)
    assert done.best_validation["loss"] == 0.4
    assert all(torch.equal(t, seen[1][n]) for n, t in done.best_state.items())


def test_max_steps_cuts_inside_an_epoch(tiny, task):
    done, notes = train_small(tiny, task, replace(SETTINGS, max_steps=8))
    assert len(notes.steps) == done.steps == 8
    assert done.last_epoch == 2
    assert not done.interrupted


def test_stop_ends_after_the_step_and_keeps_a_usable_state(tiny, task):
    calls = iter([False, False, True])
    done, _ = train_small(tiny, task, stop=lambda: next(calls, True))
    assert (done.steps, done.interrupted, done.best_epoch) == (3, True, 1)
    assert all(torch.equal(t, tiny.state_dict()[n]) for n, t in done.best_state.items())


def test_evaluation_leaves_the_mode_as_it_was(tiny, task):
    tiny.train()
    evaluate(tiny, *task)
    assert tiny.training
