#!/usr/bin/env bash
# transformers 5.23.0 (torch 2.13.0, accelerate 1.15.0): with gradient_accumulation_steps=N a Trainer
# trains BERT's classifier on N times the gradient, and logs N times the loss.
#
# The Trainer leaves the division by N to a model whose forward takes **kwargs: it hands it
# num_items_in_batch to divide by. BertForSequenceClassification takes **kwargs, and averages over
# its own part of the batch: nobody divides. AdamW's step hides a factor, but clipping, on by default
# (max_grad_norm=1), compares N times the norm. accepts_loss_kwargs = False on the model gives the
# division back to the Trainer.
#
# Seen, the same 8 texts in a step: as 8 loss 0.69 and gradient norm 0.18, as 4 x 2 2.78 and 0.70,
# with accepts_loss_kwargs = False 0.69 and 0.18 again; RoBERTa and DistilBERT as BERT.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} transformers==5.23.0 \
  torch==2.13.0 accelerate==1.15.0 numpy==2.4.6
cat > train.py <<'PY'
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

torch.manual_seed(0)
sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
no_dropout = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
bert = BertConfig(vocab_size=100, **sizes, **no_dropout)
roberta = RobertaConfig(vocab_size=100, **sizes, **no_dropout)
distilbert = DistilBertConfig(vocab_size=100, dim=32, n_layers=2, n_heads=2, hidden_dim=64)
distilbert.dropout = distilbert.attention_dropout = distilbert.seq_classif_dropout = 0.0
rows = [{"input_ids": torch.randint(1, 100, (12,)), "labels": i % 2} for i in range(8)]
quiet = dict(output_dir="out", save_strategy="no", report_to=[], use_cpu=True)


class Averaging(BertForSequenceClassification):
    accepts_loss_kwargs = False


def first_step(model_class: type, config: object, parts: int) -> tuple[float, float]:
    """Loss and gradient norm that are logged of a step over all 8 texts, in so many parts."""
    set_seed(0)
    batch = dict(per_device_train_batch_size=8 // parts, gradient_accumulation_steps=parts)
    arguments = TrainingArguments(max_steps=1, logging_steps=1, **batch, **quiet)
    trainer = Trainer(model_class(config), arguments, train_dataset=rows)
    trainer.train()
    logged = trainer.state.log_history[0]
    return logged["loss"], logged["grad_norm"]


def told(what: str, step: tuple[float, float]) -> None:
    print(f"seen: {what}: loss {step[0]:.2f}, gradient norm {step[1]:.2f}", flush=True)


told("8 texts", first_step(BertForSequenceClassification, bert, 1))
told("4 x 2 texts", first_step(BertForSequenceClassification, bert, 4))
told("4 x 2 texts, accepts_loss_kwargs = False", first_step(Averaging, bert, 4))
for model_class, config in (
    (RobertaForSequenceClassification, roberta),
    (DistilBertForSequenceClassification, distilbert),
):
    whole, parts = (first_step(model_class, config, n) for n in (1, 4))
    times = [f"{b / a:.1f}" for a, b in zip(whole, parts, strict=True)]
    print(f"seen: {model_class.__name__}, 4 x 2 over 8: {', '.join(times)}", flush=True)
PY
HF_HUB_OFFLINE=1 venv/bin/python train.py 2> log | grep '^seen' | tee seen || { cat log; exit 1; }
diff seen - <<'END'
seen: 8 texts: loss 0.69, gradient norm 0.18
seen: 4 x 2 texts: loss 2.78, gradient norm 0.70
seen: 4 x 2 texts, accepts_loss_kwargs = False: loss 0.69, gradient norm 0.18
seen: RobertaForSequenceClassification, 4 x 2 over 8: 4.0, 4.0
seen: DistilBertForSequenceClassification, 4 x 2 over 8: 4.0, 4.0
END
