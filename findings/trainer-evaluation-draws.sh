#!/usr/bin/env bash
# transformers 5.23.0 (torch 2.13.0, accelerate 1.15.0): a Trainer that scores the validation texts
# trains another model than one that does not, from the same seed, texts and order.
#
# Evaluation has no dropout and shuffles nothing, yet draws: each pass over a DataLoader takes a
# number for its workers from its generator, with num_workers=0 and shuffle=False too, and the
# evaluation's loader has none, so that it is torch's global one, from which the next dropout comes.
# Runs of one seed that are evaluated at other times differ as seeds do; without dropout they do
# not. A generator of its own for that loader ends it.
#
# Seen: trained twice same, evaluated after each epoch differs, without dropout same, and evaluated
# through a loader with a generator of its own same.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} transformers==5.23.0 \
  torch==2.13.0 accelerate==1.15.0 numpy==2.4.6
cat > train.py <<'PY'
import torch
from torch.utils.data import DataLoader
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    Trainer,
    TrainingArguments,
    default_data_collator,
    set_seed,
)

torch.manual_seed(0)
sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
rows = [{"input_ids": torch.randint(1, 100, (12,)), "labels": i % 2} for i in range(80)]
fixed = dict(output_dir="out", num_train_epochs=3, per_device_train_batch_size=8, seed=0)
quiet = dict(save_strategy="no", logging_strategy="no", report_to=[], use_cpu=True)


class OwnGenerator(Trainer):
    def get_eval_dataloader(self, eval_dataset=None):
        own = torch.Generator().manual_seed(0)
        return DataLoader(rows[64:], 8, collate_fn=default_data_collator, generator=own)


def trained(evaluated: str, dropout: float = 0.1, trainer: type = Trainer) -> torch.Tensor:
    """All weights after three epochs, evaluated "no" times or after each "epoch"."""
    set_seed(0)
    rates = dict(hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout)
    model = BertForSequenceClassification(BertConfig(vocab_size=100, **sizes, **rates))
    arguments = TrainingArguments(eval_strategy=evaluated, **fixed, **quiet)
    trainer(model, arguments, train_dataset=rows[:64], eval_dataset=rows[64:]).train()
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def told(what: str, first: torch.Tensor, second: torch.Tensor) -> None:
    print(f"{what}: {'same' if torch.equal(first, second) else 'other'} weights", flush=True)


plain = trained("no")
told("once more", plain, trained("no"))
told("evaluated after each epoch", plain, trained("epoch"))
told("evaluated, no dropout", trained("no", 0.0), trained("epoch", 0.0))
told("evaluated, own generator", plain, trained("epoch", trainer=OwnGenerator))
PY
HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 venv/bin/python train.py 2> log | grep weights | tee seen ||
  { cat log; exit 1; }
diff seen - <<'END'
once more: same weights
evaluated after each epoch: other weights
evaluated, no dropout: same weights
evaluated, own generator: same weights
END
