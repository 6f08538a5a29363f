"""BERT, from token ids to class logits, with the parameter names of the published checkpoints.

Shapes in this file:  B batch,  T tokens,  C hidden size,  H heads,  D = C // H,  K classes.

Read from the bottom up for the whole picture, or from the top down for the parts.
Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805; the layer itself is the encoder of
Vaswani et al. 2017, section 3, https://arxiv.org/abs/1706.03762, with layer norm after each sum.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bert_min.config import BertConfig


class BertOutput(NamedTuple):
    """Logits (B, K), and hidden states where asked for: embeddings first, then every layer."""

    logits: Tensor
    hidden_states: list[Tensor] | None  # num_hidden_layers + 1 tensors of (B, T, C)


def padding_mask(attention_mask: Tensor) -> Tensor | None:
    """Turn (B, T) integers, 1 = token, 0 = padding, into (B, 1, 1, T) booleans, True = look here.

    What a padded query computes is never read. None if a CPU sees no padding; no GPU is waited for.
    """
    may_look = attention_mask.device.type == "cpu" and not torch.compiler.is_exporting()
    if may_look and attention_mask.all():
        return None
    return attention_mask.bool()[:, None, None, :]  # (B, 1, 1, T)


class BertEmbeddings(nn.Module):
    """LayerNorm(word + position + token type), then dropout (BERT section 3, figure 2)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        C = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, C, padding_idx=config.pad_token_id)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, C)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, C)
        self.LayerNorm = nn.LayerNorm(C, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor | None) -> Tensor:
        T = input_ids.shape[1]
        limit = self.position_embeddings.num_embeddings
        if T > limit:
            raise ValueError(f"{T} tokens are more than max_position_embeddings {limit}")
        if token_type_ids is None:
            token_type_ids = torch.zeros_like(input_ids)  # a single text is all "sentence A"
        positions = torch.arange(T, device=input_ids.device)  # (T,)
        x = self.word_embeddings(input_ids) + self.token_type_embeddings(token_type_ids)
        x = x + self.position_embeddings(positions)  # (B, T, C)
        return self.dropout(self.LayerNorm(x))


class BertSelfAttention(nn.Module):
    """softmax(Q K^T / sqrt(D)) V in H heads, with dropout on the weights (Vaswani section 3.2).

    The first `queries` tokens look at all T: of the last layer, [CLS] alone is needed. None: all.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        C = config.hidden_size
        self.num_heads = config.num_attention_heads
        self.dropout = nn.Dropout(config.attention_probs_dropout_prob)
        self.query = nn.Linear(C, C)
        self.key = nn.Linear(C, C)
        self.value = nn.Linear(C, C)

    def forward(self, x: Tensor, mask: Tensor | None, queries: int | None = None) -> Tensor:
        def heads(projected: Tensor) -> Tensor:
            return projected.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)  # (B, H, T, D)

        q, k, v = heads(self.query(x[:, :queries])), heads(self.key(x)), heads(self.value(x))
        if self.training and self.dropout.p > 0 and x.device.type == "cpu":
            # The equation as it stands: no CPU kernel fuses attention with dropout.
            scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)  # (B, H, queries, T)
            if mask is not None:
                scores = scores.masked_fill(~mask, -math.inf)
            attended = self.dropout(scores.softmax(dim=-1)) @ v
        else:
            rate = self.dropout.p if self.training else 0.0
            attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=rate)
        return attended.transpose(1, 2).flatten(2)  # (B, queries, C)


class AddNorm(nn.Module):
    """LayerNorm(residual + dropout(x W + b)), the end of both halves of a layer (Vaswani 5.4)."""

    def __init__(self, in_features: int, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(in_features, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        return self.LayerNorm(residual + self.dropout(self.dense(x)))


class BertAttention(nn.Module):
    """Self-attention and its AddNorm, which the checkpoint calls `self` and `output`."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.self = BertSelfAttention(config)
        self.output = AddNorm(config.hidden_size, config)

    def forward(self, x: Tensor, mask: Tensor | None, queries: int | None = None) -> Tensor:
        return self.output(self.self(x, mask, queries), x[:, :queries])


class BertIntermediate(nn.Module):
    """gelu(x W + b), the widening half of the feed-forward net; GELU in its exact, erf form."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(self.dense(x))  # (B, T, intermediate_size)


class BertLayer(nn.Module):
    """One transformer layer: attention, then feed-forward, a residual sum and a norm after each.

    It gives the first `queries` tokens, which have looked at all; None stands for every token.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.attention = BertAttention(config)
        self.intermediate = BertIntermediate(config)
        self.output = AddNorm(config.intermediate_size, config)

    def forward(self, x: Tensor, mask: Tensor | None, queries: int | None = None) -> Tensor:
        x = self.attention(x, mask, queries)
        return self.output(self.intermediate(x), x)  # (B, queries, C)


class BertEncoder(nn.Module):
    """The stack of layers; index 0 in this list is the layer that people call layer 1."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(BertLayer(config) for _ in range(config.num_hidden_layers))


class BertPooler(nn.Module):
    """tanh(x W + b) of the first token, [CLS] (google-research/bert `modeling.py`)."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.dense(x[:, 0]))  # (B, C)


class BertModel(nn.Module):
    """Embeddings, layers and pooler, by the checkpoint's names; the way through them is below."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.embeddings = BertEmbeddings(config)
        self.encoder = BertEncoder(config)
        self.pooler = BertPooler(config)


class BertForSequenceClassification(nn.Module):
    """BERT with a linear head on the pooled [CLS] token: logits = dropout(pooled) W + b.

    Source: BERT section 4.1, and google-research/bert `run_classifier.py` for the dropout.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.drawn: tuple[str, ...] = ()  # parameters that a loaded checkpoint did not have
        self.bert = BertModel(config)
        rate = config.classifier_dropout
        self.dropout = nn.Dropout(config.hidden_dropout_prob if rate is None else rate)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        self.apply(self._init_weights)

    def _init_weights(self, module: nn.Module) -> None:
        """Normal(0, initializer_range) weights and zero biases, as in transformers."""
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            nn.init.zeros_(module.weight[module.padding_idx])

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        output_hidden_states: bool = False,
    ) -> BertOutput:
        """Classify (B, T) token ids; `attention_mask` (B, T) is 1 on tokens and 0 on padding.

        Raises ValueError where T exceeds max_position_embeddings.
        """
        mask = padding_mask(attention_mask)
        x = self.bert.embeddings(input_ids, token_type_ids)
        hidden_states = [x]
        *lower, last = self.bert.encoder.layer
        for layer in lower:
            x = layer(x, mask)
            hidden_states.append(x)
        # The head reads [CLS] alone, so the last layer computes that token and no other: exact,
        # and 10/12 of a layer's products less (14 % of MiniLM's, 7 % of BERT-base's).
        x = last(x, mask, None if output_hidden_states else 1)
        hidden_states.append(x)
        logits = self.classifier(self.dropout(self.bert.pooler(x)))  # (B, K)
        return BertOutput(logits, hidden_states if output_hidden_states else None)
