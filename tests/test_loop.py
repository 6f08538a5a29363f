"""distill.loop: the same seed, the same bytes; the best epoch; errors that name the step."""

import copy
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from bert_min import BertForSequenceClassification
from data.batches import pad, training_batches
from distill import Recipe, TeacherTargets, TrainingError, fit, make_student
from distill.loop import batch_loss, learning_rate_factor, make_optimizer, split_batch
from scoring import evaluate

RECIPE = Recipe(epochs=3, batch_size=8, lr=5e-3, warmup=0.1, seed=1)


@pytest.fixture
def task(tiny_ids):
    """Texts that can be learned: class 1 where the first token is above 32."""
    return tiny_ids, [int(row[0] > 32) for row in tiny_ids]


def run(model, task, recipe=RECIPE, **more):
    torch.manual_seed(recipe.seed)
    return fit(model, *task, recipe, lambda: evaluate(model, *task), **more)


def test_training_lowers_the_loss_and_logs_every_term(tiny, task, tmp_path):
    teacher = copy.deepcopy(tiny)
    run(teacher, task, replace(RECIPE, epochs=6))
    assert evaluate(teacher, *task)["accuracy"] > 0.9
    torch.manual_seed(2)
    student = BertForSequenceClassification(replace(teacher.config, num_hidden_layers=2))
    targets = TeacherTargets(teacher, task[0], [1, 3], folder=tmp_path)
    lines = []
    before = {n: t.clone() for n, t in teacher.state_dict().items()}
    run(student, task, replace(RECIPE, beta=10.0), targets=targets, log=lines.append)
    assert all(torch.equal(t, before[n]) for n, t in teacher.state_dict().items())
    steps = [line for line in lines if "step" in line]
    assert len(steps) == 3 * 6
    for name in ("loss", "hard_loss", "soft_loss", "hidden_loss"):
        assert all(math.isfinite(line[name]) for line in steps)
    assert np.mean([s["hidden_loss"] for s in steps[-6:]]) < 0.9 * steps[0]["hidden_loss"]
    assert [line["epoch"] for line in lines if "validation" in line] == [1, 2, 3]
    for epoch in (line for line in lines if "validation" in line):
        own = [line["hard_loss"] for line in steps if line["epoch"] == epoch["epoch"]]
        assert epoch["train_loss"] == pytest.approx(np.mean(own))


def test_fit_is_the_loop_of_the_textbook(tiny, task):
    """The same batches and rates in ten plain lines must give the same weights."""
    ids, labels = task
    for module in tiny.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    plain = copy.deepcopy(tiny).train()
    run(tiny, task)
    optimizer, step = make_optimizer(plain, RECIPE), 0
    for epoch in (1, 2, 3):
        for index in training_batches([len(row) for row in ids], 8, RECIPE.seed, epoch):
            batch = pad([ids[i] for i in index], 0, torch.device("cpu"))
            loss = F.cross_entropy(plain(*batch).logits, torch.tensor([labels[i] for i in index]))
            plain.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
            for group in optimizer.param_groups:
                group["lr"] = RECIPE.lr * learning_rate_factor(step, 2, 18)
            optimizer.step()
            step += 1
    for (name, a), b in zip(tiny.named_parameters(), plain.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6), name


def test_each_layer_is_matched_with_its_own_teacher_layer(tiny, task, tmp_path):
    """A student that is the teacher has nothing to learn from it, layer by layer."""
    targets = TeacherTargets(tiny, task[0], [1, 2, 3, 4], folder=tmp_path)
    recipe = replace(RECIPE, beta=1.0)
    gold, index = torch.tensor(task[1]), np.arange(8)
    terms = batch_loss(tiny.eval(), task[0], gold, index, recipe, targets)
    assert terms["hidden_loss"].item() == pytest.approx(0, abs=1e-6)
    assert terms["soft_loss"].item() == pytest.approx(0, abs=1e-6)


def test_a_model_that_diverged_in_the_last_step_stops_too(tiny, task):
    with pytest.raises(
        TrainingError, match=r"after step 1, the model's logits are not finite.* \(hint"
    ):
        run(tiny, task, replace(RECIPE, lr=1e30, warmup=0, max_steps=1))


def test_a_gradient_that_is_not_finite_stops_too(tiny, task, monkeypatch):
    nan = torch.tensor(math.nan)
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *_: nan)
    with pytest.raises(TrainingError, match="gradient norm nan at step 1"):
        run(tiny, task)


def test_the_same_seed_gives_the_same_bytes(tiny, task):
    models = [copy.deepcopy(tiny) for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        run(model, task, replace(RECIPE, seed=seed))
    a, b, c = (list(m.state_dict().values()) for m in models)
    assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    assert not all(torch.equal(x, y) for x, y in zip(a, c, strict=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_number_of_threads_changes_no_dropout_mask(tiny, task, dtype):
    """One thread works through the parts that two threads share: up to rounding, it is one run."""
    losses, cores = [], torch.get_num_threads()
    for count in (1, 2):
        torch.set_num_threads(count)
        lines = []
        recipe = replace(RECIPE, epochs=1, dtype=dtype)
        run(copy.deepcopy(tiny), task, recipe, log=lines.append)
        losses.append([line["loss"] for line in lines if "loss" in line])
        assert torch.get_num_threads() == count
    torch.set_num_threads(cores)
    # In bf16 a thread adds the gradients of its parts in bf16, two threads add theirs in fp32.
    assert losses[0] == pytest.approx(losses[1], rel=1e-4 if dtype == torch.float32 else 1e-2)


def test_the_epoch_with_the_lowest_validation_loss_is_kept(tiny, task):
    seen, losses = [], iter([0.6, 0.4, 0.5])

    def validate():
        seen.append({n: p.detach().clone() for n, p in tiny.named_parameters()})
        return {"loss": next(losses), "macro_f1": 0.0}

    done = fit(tiny, *task, RECIPE, validate)
    assert (done.best_epoch, done.last_epoch) == (2, 3)
    assert done.best_validation["loss"] == 0.4
    assert done.last_validation["loss"] == 0.5
    assert all(torch.equal(t, seen[1][n]) for n, t in done.best_state.items())


def test_a_loss_that_is_not_finite_names_the_step(tiny, task):
    with torch.no_grad():
        tiny.classifier.bias[0] = math.nan
    with pytest.raises(TrainingError, match=r"loss nan, .* at step 1, epoch 1"):
        run(tiny, task)


def test_max_steps_cuts_inside_an_epoch(tiny, task):
    lines = []
    done = run(tiny, task, replace(RECIPE, max_steps=8), log=lines.append)
    assert sum("step" in line for line in lines) == done.steps == 8
    assert done.last_epoch == 2
    assert not done.interrupted


def test_stop_ends_after_the_step_and_keeps_a_usable_state(tiny, task):
    calls = iter([False, False, True])
    done = run(tiny, task, stop=lambda: next(calls, True))
    assert (done.steps, done.interrupted, done.best_epoch) == (3, True, 1)
    assert all(torch.equal(t, tiny.state_dict()[n]) for n, t in done.best_state.items())


def test_the_parts_of_a_batch_hold_few_tokens_and_every_text_once(monkeypatch):
    monkeypatch.setattr("distill.loop.TOKENS_PER_PART", 100)
    lengths = np.array([40, 9, 30, 40, 7, 40])

    def split(*index):
        return [part.tolist() for part in split_batch(np.array(index), lengths)]

    assert split(0, 2, 3, 1) == [[0, 2], [3, 1]]
    assert split(1, 4) == [[1], [4]]  # two at least, for two cores
    # 4 x 30 real tokens would fit into two parts; padded to 6 x 40 they need three, so four.
    assert split(0, 1, 2, 3, 4, 5) == [[0, 1], [2, 3], [4], [5]]
    assert split(0) == [[0]]


def test_parts_add_up_to_the_batch(tiny, task, tmp_path):
    """Loss terms and gradients of a batch are those of its parts, weighted by their sizes."""
    ids, labels = task
    student = make_student(tiny, [1, 3])
    with torch.no_grad():
        student.bert.encoder.layer[0].output.dense.weight.add_(0.1)
    targets = TeacherTargets(tiny, ids, [1, 3], folder=tmp_path)
    gold, index = torch.tensor(labels), np.arange(10)
    recipe = replace(RECIPE, beta=1.0)

    def gradients(parts):
        student.zero_grad()
        total = 0.0
        for part in parts:
            loss = batch_loss(student, ids, gold, part, recipe, targets)["loss"]
            (loss * len(part) / 10).backward()
            total += loss.item() * len(part) / 10
        return total, [p.grad.clone() for p in student.parameters()]

    whole, split = gradients([index]), gradients([index[:3], index[3:]])
    assert split[0] == pytest.approx(whole[0], rel=1e-6)
    for a, b in zip(whole[1], split[1], strict=True):
        assert (a - b).abs().max() <= 1e-6


def test_no_decay_on_biases_and_layer_norms(tiny):
    optimizer = make_optimizer(tiny, RECIPE)
    assert {(g["eps"], g["lr"], g["betas"]) for g in optimizer.param_groups} == {
        (1e-6, 5e-3, (0.9, 0.999))
    }
    rates = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    for name, parameter in tiny.named_parameters():
        exempt = name.endswith("bias") or "LayerNorm" in name
        assert rates[id(parameter)] == (0.0 if exempt else 0.01), name


def test_the_learning_rate_rises_then_falls_to_zero():
    factors = [learning_rate_factor(step, 2, 10) for step in range(10)]
    assert factors[:3] == pytest.approx([1 / 3, 2 / 3, 1])
    assert factors[-1] == pytest.approx(1 / 8)
    assert learning_rate_factor(10, 2, 10) == 0
    assert all(a > b for a, b in itertools.pairwise(factors[2:]))


def test_evaluation_leaves_the_mode_as_it_was(tiny, task):
    tiny.train()
    evaluate(tiny, *task)
    assert tiny.training
