"""distill: which layers, what loss, which targets."""

import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from data.batches import forward_batches, pad
from distill import (
    LiveTeacher,
    LossWeights,
    TeacherTargets,
    choose_layers,
    distillation_loss,
    hard_loss,
    hidden_loss,
    make_student,
    soft_loss,
)
from distill.hidden_states import FileStates
from distill.loop import Task, batch_loss
from distill.targets import stored_bytes, targets_key

# ---- which layers


@pytest.mark.parametrize(
    ("spec", "depth", "layers"),
    [
        ("odd", 12, [1, 3, 5, 7, 9, 11]),
        ("even", 12, [2, 4, 6, 8, 10, 12]),
        ("first", 12, [1, 2, 3, 4, 5, 6]),
        ("last", 12, [7, 8, 9, 10, 11, 12]),
        ("hybrid", 12, [1, 3, 5, 8, 10, 12]),
        ("all", 3, [1, 2, 3]),
        ("odd", 6, [1, 3, 5]),
        ("even", 6, [2, 4, 6]),
        ("first", 6, [1, 2, 3]),
        ("last", 6, [4, 5, 6]),
        ("hybrid", 6, [1, 3, 6]),
        ("hybrid", 4, [1, 4]),
        ("odd", 5, [1, 3, 5]),
        ("2,5", 6, [2, 5]),
        ("odd", 1, [1]),
    ],
)
def test_layers_are_counted_from_one(spec, depth, layers):
    assert choose_layers(spec, depth) == layers


@pytest.mark.parametrize("spec", ["0,1", "1,13", "3,1", "1,1", "", "odd,even", "none", "1,,2"])
def test_impossible_layers_are_refused(spec):
    with pytest.raises(ValueError, match="layers"):
        choose_layers(spec, 12)


def test_a_one_layer_model_has_no_even_layers():
    with pytest.raises(ValueError, match="has no layers 'even'"):
        choose_layers("even", 1)


@pytest.mark.parametrize("layers", [[0, 1], [2, 2], [3, 1], [1, 5], []])
def test_a_student_of_impossible_layers_is_refused(tiny, layers):
    with pytest.raises(ValueError, match="must rise from 1 or more to 4 or less"):
        make_student(tiny, layers)


def test_the_student_is_made_of_copies(tiny):
    before = {n: t.clone() for n, t in tiny.state_dict().items()}
    student = make_student(tiny, [1, 3])
    assert student.config.num_hidden_layers == 2
    state = student.state_dict()
    for name, tensor in state.items():
        source = name.replace("layer.1.", "layer.2.")  # the student's second is the teacher's third
        assert torch.equal(tensor, before[source]), name
    assert len(state) == len(before) - 2 * 16
    pointers = {t.data_ptr() for t in tiny.state_dict().values()}
    assert not pointers & {t.data_ptr() for t in state.values()}
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.add_(1.0)
    assert all(torch.equal(t, before[n]) for n, t in tiny.state_dict().items())
    assert tiny.config.num_hidden_layers == 4


# ---- what loss: two texts, two classes, temperature 2

STUDENT = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
TEACHER = torch.tensor([[0.0, 2.0], [0.0, 0.0]])
LABELS = torch.tensor([0, 1])


def test_hard_loss_by_hand():
    """-log softmax: ln(1 + e^-2) for the first text, ln 2 for the second."""
    expected = (math.log(1 + math.exp(-2)) + math.log(2)) / 2
    terms = distillation_loss(STUDENT, LABELS)
    assert terms["hard_loss"].item() == pytest.approx(expected, rel=1e-6)
    assert terms["loss"] is terms["hard_loss"]


def test_hidden_states_alone_add_to_the_labels():
    """Right angles, one layer and one token a text: 1 - cos is 1."""
    ones, twos = torch.tensor([[[1.0, 0.0]]] * 2), torch.tensor([[[0.0, 2.0]]] * 2)
    hidden = ([ones], [twos], torch.ones(2, 1, dtype=torch.long))
    terms = distillation_loss(STUDENT, LABELS, None, hidden, LossWeights(beta=3.0))
    assert list(terms) == ["loss", "hard_loss", "hidden_loss"]
    assert terms["loss"].item() == pytest.approx(terms["hard_loss"].item() + 3)


def test_a_weighted_hard_loss_by_hand():
    """The mean is over the two texts: (3 ln(1 + e^-2) + ln(2) / 2) / 2."""
    expected = (3 * math.log(1 + math.exp(-2)) + math.log(2) / 2) / 2
    terms = distillation_loss(STUDENT, LABELS, text_weights=torch.tensor([3.0, 0.5]))
    assert terms["loss"].item() == pytest.approx(expected, rel=1e-6)


def test_without_weights_the_hard_loss_is_the_mean_to_the_last_bit():
    logits = torch.randn(999, 3, generator=torch.Generator().manual_seed(3))
    labels = torch.arange(999) % 3
    assert torch.equal(hard_loss(logits, labels), F.cross_entropy(logits, labels))


def test_text_weights_weigh_the_labels_alone():
    """A text of weight 0 gives the student what the teacher says of it, whatever its label."""
    hidden = ([torch.eye(2)[:, None]], [torch.ones(2, 1, 2)], torch.ones(2, 1, dtype=torch.long))
    common = (TEACHER, hidden, LossWeights(2, 0.3, 5))
    plain = distillation_loss(STUDENT, LABELS, *common)
    text_weights = torch.tensor([2.0, 0.0])
    one, other = (
        distillation_loss(STUDENT, torch.tensor([0, label]), *common, text_weights)
        for label in (0, 1)
    )
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert all(torch.equal(one[name], plain[name]) for name in ("soft_loss", "hidden_loss"))
    assert one["hard_loss"].item() == pytest.approx(math.log(1 + math.exp(-2)), rel=1e-6)
    total = 0.7 * one["hard_loss"] + 0.3 * one["soft_loss"] + 5 * one["hidden_loss"]
    assert torch.allclose(one["loss"], total)


def test_soft_loss_by_hand():
    """At temperature 2 both softmaxes are (p, 1-p) and (1-p, p) with p = e / (1 + e).

    KL = (2p - 1) ln(p / (1-p)) = 2p - 1 for the first text, as ln(p / (1-p)) = 1; 0 for the
    second. Mean over 2 texts, times 2^2: 2 (2p - 1).
    """
    p = math.e / (1 + math.e)
    assert soft_loss(STUDENT, TEACHER, 2.0).item() == pytest.approx(2 * (2 * p - 1), rel=1e-6)


def test_soft_loss_measures_the_student_by_the_teacher():
    """Teacher (3/4, 1/4) at temperature 2, student (1/2, 1/2): KL is not the same both ways."""
    teacher = torch.tensor([[2 * math.log(3), 0.0]])
    kl = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert soft_loss(torch.zeros(1, 2), teacher, 2.0).item() == pytest.approx(4 * kl, rel=1e-5)


def test_bf16_outputs_are_scored_in_fp32():
    hidden = ([torch.ones(1, 2, 2).bfloat16()], [torch.ones(1, 2, 2)], torch.ones(1, 2))
    weights = LossWeights(temperature=2, alpha=0.5, beta=1)
    terms = distillation_loss(STUDENT.bfloat16(), LABELS, TEACHER, hidden, weights)
    assert all(term.dtype == torch.float32 for term in terms.values())


def test_hidden_loss_by_hand():
    """Layer 1: orthogonal (1) and equal (0); layer 2: opposite (2) and, scaled, equal (0)."""
    mask = torch.tensor([[1, 1, 0]])
    student = [
        torch.tensor([[[1.0, 0], [1, 1], [9, 9]]]),
        torch.tensor([[[1.0, 0], [0, 1], [9, 0]]]),
    ]
    teacher = [
        torch.tensor([[[0.0, 1], [1, 1], [0, 0]]]),
        torch.tensor([[[-1.0, 0], [0, 3], [0, 0]]]),
    ]
    assert hidden_loss(list(student), list(teacher), mask).item() == pytest.approx((0.5 + 1.0) / 2)


def test_hidden_loss_is_pkds_normalised_error_on_another_scale():
    torch.manual_seed(0)
    s, t = torch.randn(3, 5, 8), torch.randn(3, 5, 8)
    mask = torch.ones(3, 5, dtype=torch.long)
    pkd = F.mse_loss(F.normalize(s, dim=-1), F.normalize(t, dim=-1))
    assert torch.allclose(hidden_loss([s], [t], mask) * 2 / 8, pkd, atol=1e-6)


def test_hidden_loss_of_bf16_states_is_summed_in_fp32():
    """Cosines of near states lie where bf16 has steps of 2^-8."""
    torch.manual_seed(0)
    t = torch.randn(4, 6, 32)
    s, t = (t + 0.05 * torch.randn(4, 6, 32)).bfloat16(), t.bfloat16()
    mask = torch.ones(4, 6, dtype=torch.long)
    exact = (1 - F.cosine_similarity(s.double(), t.double(), dim=-1)).mean().item()
    assert hidden_loss([s], [t], mask).item() == pytest.approx(exact, rel=1e-3)


def test_hidden_loss_looks_at_real_tokens_alone():
    torch.manual_seed(0)
    s, t = torch.randn(2, 4, 8), torch.randn(2, 4, 8)
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    expected = hidden_loss([s], [t], mask)
    s[1, 2:] += 5
    assert torch.equal(hidden_loss([s], [t], mask), expected)


def test_the_loss_is_the_weighted_sum_of_its_terms():
    hidden = ([torch.eye(2)[None]], [torch.ones(1, 2, 2)], torch.ones(1, 2, dtype=torch.long))
    weights = LossWeights(temperature=2, alpha=0.3, beta=5)
    terms = distillation_loss(STUDENT, LABELS, TEACHER, hidden, weights)
    total = 0.7 * terms["hard_loss"] + 0.3 * terms["soft_loss"] + 5 * terms["hidden_loss"]
    assert torch.allclose(terms["loss"], total)
    assert set(terms) == {"loss", "hard_loss", "soft_loss", "hidden_loss"}


@pytest.mark.parametrize("term", ["hard_loss", "soft_loss", "hidden_loss"])
def test_each_term_has_a_gradient_in_the_student(tiny, term):
    torch.manual_seed(1)
    student = make_student(tiny, [1, 3])
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    ids, mask = torch.arange(1, 9).view(2, 4), torch.ones(2, 4, dtype=torch.long)
    teacher = tiny(ids, mask, output_hidden_states=True)
    output = student(ids, mask, output_hidden_states=True)
    states = [teacher.hidden_states[1].detach(), teacher.hidden_states[3].detach()]
    hidden = (output.hidden_states[1:], states, mask)
    weights, told = LossWeights(2, 0.5, 1), teacher.logits.detach()
    terms = distillation_loss(output.logits, LABELS, told, hidden, weights)
    terms[term].backward()
    for n in (0, 1):
        assert student.bert.encoder.layer[n].intermediate.dense.weight.grad.abs().sum() > 0


def test_soft_loss_gradient_does_not_shrink_with_the_temperature():
    """The factor temperature^2 is there for this: without it the ratio below would be 1 / 64."""
    norms = []
    for temperature in (8.0, 64.0):
        logits = (STUDENT / 10).clone().requires_grad_()
        soft_loss(logits, TEACHER / 10, temperature).backward()
        norms.append(logits.grad.norm())
    assert norms[1] / norms[0] == pytest.approx(1, abs=0.01)


# ---- which targets


@pytest.fixture(params=["file", "device"])
def stored(request, tiny, tiny_ids, tmp_path):
    sevens = partial(forward_batches, batch_size=7)
    place = tmp_path if request.param == "file" else torch.device("cpu")
    return TeacherTargets(tiny.train(), tiny_ids, [1, 3], place=place, forward=sevens)


@torch.inference_mode()
def test_cached_targets_equal_live_ones(tiny, tiny_ids, stored):
    index = np.array([5, 0, 31, 17])
    logits, states = stored.batch(index, torch.device("cpu"))
    ids, mask = pad([tiny_ids[i] for i in index], 0, torch.device("cpu"))
    live = tiny.eval()(ids, mask, output_hidden_states=True)
    assert (logits - live.logits).abs().max() <= 1e-6
    real = mask[..., None]
    for cached, layer in zip(states, (1, 3), strict=True):
        own = live.hidden_states[layer]
        assert cached.dtype == torch.bfloat16
        # bf16 keeps 8 binary digits: it is off by 2^-8 of a value at most.
        assert (((cached - own).abs() - 2**-8 * own.abs()) * real).max() <= 1e-6
        assert not (cached * (1 - real)).any()


def test_targets_are_the_same_in_every_epoch(stored):
    index = np.arange(10)
    first, again = (stored.batch(index, torch.device("cpu")) for _ in range(2))
    assert torch.equal(first[0], again[0])
    assert all(torch.equal(a, b) for a, b in zip(first[1], again[1], strict=True))


def test_logits_are_read_back_by_a_later_run(tiny, tiny_ids, tmp_path):
    first = TeacherTargets(tiny, tiny_ids, cache=tmp_path)
    again = TeacherTargets(
        tiny, tiny_ids, cache=tmp_path, forward=lambda *_, **__: pytest.fail("computed again")
    )
    assert torch.equal(first.logits, again.logits)
    assert again.batch(np.array([3]), torch.device("cpu"))[1] == []


def test_a_damaged_cache_is_made_anew(tiny, tiny_ids, tmp_path):
    first = TeacherTargets(tiny, tiny_ids, cache=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"half a fi")
    again = TeacherTargets(tiny, tiny_ids, cache=tmp_path)
    assert torch.equal(first.logits, again.logits)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert len(file.read_bytes()) > 100


def test_the_key_names_weights_texts_and_tokenisation(tiny, tiny_ids):
    key = targets_key(tiny, tiny_ids)
    assert targets_key(tiny, tiny_ids) == key
    assert targets_key(tiny, tiny_ids[:-1]) != key
    assert targets_key(tiny, [tiny_ids[0][:-1], *tiny_ids[1:]]) != key
    assert targets_key(tiny, [[*tiny_ids[0], *tiny_ids[1]], *tiny_ids[2:]]) != key
    with torch.no_grad():
        tiny.classifier.bias[0] += 1
    assert targets_key(tiny, tiny_ids) != key


@pytest.mark.parametrize("stored", ["file"], indirect=True)
def test_hidden_states_are_not_kept_in_memory(stored):
    held = [*vars(stored).values(), *vars(stored.states).values()]
    arrays = [v for v in held if isinstance(v, torch.Tensor | np.ndarray)]
    assert sum(a.nbytes for a in arrays) < 48 * 2 * 4 + 48 * 8 * 2 + 1
    assert stored.states.file.seek(0, 2) == stored.states.lengths.sum() * 2 * 16 * 2


def test_what_is_stored_takes_as_much_as_was_foretold(tiny, tiny_ids, stored):
    if isinstance(stored.states, FileStates):
        kept = stored.states.file.seek(0, 2)
    else:
        kept = stored.states.rows[:-1].nbytes
    assert stored_bytes(tiny, tiny_ids, [1, 3]) == kept + stored.logits.nbytes
    assert stored_bytes(tiny, tiny_ids) == stored.logits.nbytes


def test_a_live_teacher_gives_the_loss_and_gradients_of_the_stored_one(tiny, tiny_ids, stored):
    """And both those of a teacher that nothing rounds, within the rounding of bf16."""

    class Unrounded(LiveTeacher):
        @torch.no_grad()
        def batch(self, index, device):
            output = self.teacher(*pad([self.ids[i] for i in index], 0, device), None, True)
            return output.logits, [output.hidden_states[n] for n in self.layers]

    torch.manual_seed(1)
    student = make_student(tiny, [1, 3])
    with torch.no_grad():
        for parameter in student.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    index, labels = np.array([5, 0, 31, 17]), torch.zeros(len(tiny_ids), dtype=torch.long)
    ends = []
    for targets in (
        stored,
        LiveTeacher(tiny.train(), tiny_ids, [1, 3]),
        Unrounded(tiny, tiny_ids, [1, 3]),
    ):
        task = Task(tiny_ids, labels, targets, LossWeights(5.0, 0.5, 1.0))
        student.zero_grad()
        terms = batch_loss(student.eval(), task, index)
        terms["loss"].backward()
        gradient = torch.cat([p.grad.flatten() for p in student.parameters() if p.grad is not None])
        ends.append((torch.stack(list(terms.values())), gradient))
    (terms, gradient), live, unrounded = ends
    assert terms[3] > 0.01  # there is something to learn from the states
    assert torch.allclose(terms, live[0], rtol=1e-5)
    assert torch.allclose(terms, unrounded[0], rtol=2**-8)
    assert (gradient - live[1]).norm() <= 1e-4 * gradient.norm()
    assert (gradient - unrounded[1]).norm() <= 2**-8 * gradient.norm()
    assert all(p.grad is None for p in tiny.parameters())


def test_several_threads_may_ask_for_stored_states(tiny, tiny_ids, tmp_path):
    """A file has one position for all threads, so that one at a time moves it and reads."""
    targets, device = TeacherTargets(tiny, tiny_ids, [2, 4], tmp_path), torch.device("cpu")
    indices = [np.arange(i, i + 8) for i in range(0, 40)] * 10
    alone = [targets.batch(index, device)[1] for index in indices]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda index: targets.batch(index, device)[1], indices))
    for states, others in zip(alone, together, strict=True):
        assert all(torch.equal(s, t) for s, t in zip(states, others, strict=True))


def test_several_threads_may_ask_a_live_teacher(tiny, tiny_ids):
    teacher, device = LiveTeacher(tiny, tiny_ids, [2, 4]), torch.device("cpu")
    indices = [np.arange(i, i + 8) for i in range(0, 40)]
    alone = [teacher.batch(index, device) for index in indices]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda index: teacher.batch(index, device), indices))
    for (a, states), (b, others) in zip(alone, together, strict=True):
        assert torch.allclose(a, b, atol=1e-6)
        assert len(states) == 2
        assert all(
            torch.allclose(s, t, rtol=2**-7, atol=1e-6) for s, t in zip(states, others, strict=True)
        )
