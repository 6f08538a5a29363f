"""bert_min.model against transformers' BERT: the same weights must give the same numbers."""

from dataclasses import replace

import pytest
import torch
import transformers
from torch import nn

from bert_min import BertConfig, BertForSequenceClassification, load_model
from bert_min.model import padding_mask


def oracle(model: BertForSequenceClassification) -> transformers.BertForSequenceClassification:
    """A transformers model of the same config and weights."""
    values = model.config.to_dict()
    values.pop("dtype")
    other = transformers.BertForSequenceClassification(transformers.BertConfig(**values))
    other.load_state_dict(model.state_dict())
    return other.eval()


@pytest.fixture(scope="module", params=["minilm", "random 12x768"])
def pair(request, minilm):
    """Our model and transformers', of the same weights."""
    torch.manual_seed(0)
    if request.param == "minilm":
        model = load_model(minilm, ("not-hate", "hate"))
    else:
        model = BertForSequenceClassification(BertConfig(layer_norm_eps=1e-3)).eval()
    return model, oracle(model)


@torch.inference_mode()
def test_logits_and_every_hidden_state_equal_transformers(pair, text_batches):
    ours, theirs = pair
    for input_ids, mask in text_batches:
        assert not mask.all()  # there is padding
        a = ours(input_ids, mask, output_hidden_states=True)
        b = theirs(input_ids, mask, output_hidden_states=True)
        assert (a.logits - b.logits).abs().max() <= 1e-5
        assert len(a.hidden_states) == len(b.hidden_states) == ours.config.num_hidden_layers + 1
        for mine, reference in zip(a.hidden_states, b.hidden_states, strict=True):
            assert ((mine - reference) * mask[..., None]).abs().max() <= 2e-5


def test_gradient_of_every_parameter_equals_transformers(pair, text_batches):
    ours, theirs = pair
    input_ids, mask = (t[:8] for t in text_batches[1])
    labels = torch.arange(8) % 2
    for model in pair:
        model.zero_grad()
        nn.functional.cross_entropy(model(input_ids, mask)[0], labels).backward()
    reference = dict(theirs.named_parameters())
    scale = max(p.grad.norm() for p in ours.parameters())
    for name, parameter in ours.named_parameters():
        difference = (parameter.grad - reference[name].grad).norm()
        # Key biases have a gradient of exactly zero in theory: softmax cancels them.
        assert difference <= 1e-4 * reference[name].grad.norm() + 1e-7 * scale, name


@torch.inference_mode()
def test_a_text_alone_equals_the_text_in_a_padded_batch(pair, text_batches):
    ours, _ = pair
    input_ids, mask = text_batches[3]
    together = ours(input_ids, mask).logits
    for row in range(16):
        length = int(mask[row].sum())
        alone = ours(input_ids[row : row + 1, :length], mask[row : row + 1, :length]).logits
        assert (alone[0] - together[row]).abs().max() <= 1e-5


@pytest.mark.parametrize("head", [None, 0.0, 0.5])
def test_dropout_falls_where_it_falls_in_transformers(tiny_config, head):
    """From the same seed both draw the same masks, so the training passes are the same too."""
    torch.manual_seed(0)
    ours = BertForSequenceClassification(replace(tiny_config, classifier_dropout=head))
    theirs = oracle(ours)
    ids, mask = torch.randint(1, 64, (5, 9)), torch.ones(5, 9, dtype=torch.long)
    mask[2:, 6:] = 0
    logits = []
    for model in (ours.train(), theirs.train()):
        torch.manual_seed(1)
        # With hidden states, the last layer computes every token, as transformers always does.
        logits.append(model(ids, mask, output_hidden_states=True)[0])
    assert torch.allclose(*logits, atol=1e-6)
    assert not torch.allclose(logits[0], ours.eval()(ids, mask).logits, atol=1e-3)


def test_a_new_model_is_drawn_as_bert_draws_it(tiny):
    assert not tiny.bert.embeddings.word_embeddings.weight[0].any()  # [PAD]
    for name, parameter in tiny.named_parameters():
        if name.endswith("bias"):
            assert not parameter.any(), name
        elif "LayerNorm" in name:
            assert (parameter == 1).all(), name
        else:
            assert 0.01 < parameter.std() < 0.03, name


def test_token_types_are_used_and_default_to_zero(tiny):
    theirs = oracle(tiny)
    ids, mask = torch.tensor([[1, 2, 3, 4]]), torch.ones(1, 4, dtype=torch.long)
    types = torch.tensor([[0, 0, 1, 1]])
    assert torch.allclose(tiny(ids, mask, types).logits, theirs(ids, mask, types).logits, atol=1e-6)
    assert not torch.equal(tiny(ids, mask, types).logits, tiny(ids, mask).logits)
    assert torch.equal(tiny(ids, mask, torch.zeros_like(types)).logits, tiny(ids, mask).logits)


def test_padding_mask_is_true_on_tokens():
    mask = padding_mask(torch.tensor([[1, 1, 0]]))
    assert mask is not None
    assert mask.dtype == torch.bool
    assert mask.tolist() == [[[[True, True, False]]]]
    assert padding_mask(torch.ones(2, 3)) is None


def test_the_last_layer_for_cls_alone_changes_no_logit_and_no_gradient(tiny):
    """Asking for hidden states makes the last layer compute every token: a check on the saving."""
    ids, mask = torch.randint(1, 64, (5, 9)), torch.ones(5, 9, dtype=torch.long)
    mask[2:, 6:] = 0
    results = []
    for full in (False, True):
        tiny.zero_grad()
        logits = tiny(ids, mask, output_hidden_states=full).logits
        logits.square().sum().backward()
        results.append((logits, [p.grad.clone() for p in tiny.parameters()]))
    assert torch.allclose(results[0][0], results[1][0], atol=1e-6)
    for a, b in zip(results[0][1], results[1][1], strict=True):
        assert torch.allclose(a, b, atol=1e-6)
    seen = []
    tiny.bert.encoder.layer[-1].register_forward_hook(lambda *a: seen.append(a[2].shape))
    tiny(ids, mask)
    assert seen == [(5, 1, 16)]


def test_hidden_states_come_on_request_only(tiny):
    ids, mask = torch.tensor([[1, 2]]), torch.ones(1, 2, dtype=torch.long)
    assert tiny(ids, mask).hidden_states is None


@pytest.mark.parametrize(
    "place", ["embeddings", "attention weights", "attention output", "feed-forward", "classifier"]
)
def test_dropout_acts_in_its_five_places_in_training_alone(place, tiny_config):
    """Each place alone must make two training passes differ; evaluation never differs."""
    torch.manual_seed(0)
    model = BertForSequenceClassification(tiny_config).train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    ids, mask = torch.arange(1, 9)[None], torch.ones(1, 8, dtype=torch.long)
    assert torch.equal(model(ids, mask).logits, model(ids, mask).logits)
    layer = model.bert.encoder.layer[1]
    {
        "embeddings": model.bert.embeddings.dropout,
        "attention weights": layer.attention.self.dropout,
        "attention output": layer.attention.output.dropout,
        "feed-forward": layer.output.dropout,
        "classifier": model.dropout,
    }[place].p = 0.5
    assert not torch.equal(model(ids, mask).logits, model(ids, mask).logits)
    model.eval()
    assert torch.equal(model(ids, mask).logits, model(ids, mask).logits)


def test_dropout_rates_come_from_the_config(tiny_config):
    rates = {
        "hidden_dropout_prob": 0.2,
        "attention_probs_dropout_prob": 0.3,
        "classifier_dropout": 0.4,
    }
    model = BertForSequenceClassification(replace(tiny_config, **rates))
    rates = {name: m.p for name, m in model.named_modules() if isinstance(m, nn.Dropout)}
    assert rates.pop("dropout") == 0.4
    weights = {name: rates.pop(name) for name in list(rates) if name.endswith("self.dropout")}
    assert list(weights.values()) == [0.3] * 4
    assert set(rates.values()) == {0.2}
    assert len(rates) == 1 + 2 * 4


def test_too_many_tokens_are_refused_with_both_numbers(tiny):
    full = torch.ones(1, 24, dtype=torch.long)
    assert torch.allclose(tiny(full, full).logits, oracle(tiny)(full, full).logits, atol=1e-6)
    with pytest.raises(ValueError, match="25 tokens are more than max_position_embeddings 24"):
        tiny(torch.ones(1, 25, dtype=torch.long), torch.ones(1, 25, dtype=torch.long))
