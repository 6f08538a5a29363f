#!/usr/bin/env bash
# peft 0.21.2 (transformers 5.23.0, torch 2.13.0): training that goes on after merge_adapter trains
# the head alone, and nothing is said.
#
# merge_adapter is for evaluation at the speed of the base, with unmerge_adapter behind it. loralib,
# LoRA's first library, unmerges in train(); PEFT does not. A merged layer answers with its base, in
# which the update lies as frozen numbers: A and B still require gradients, are counted as
# trainable and get none, while head and loss go on moving, so that a forgotten unmerge looks like
# a model that has stopped to gain.
#
# Seen: three steps before move A and B and the head, three steps after merge_adapter and train()
# the head alone, after unmerge_adapter all again; trainable parameters are the same each time.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} peft==0.21.2 \
  transformers==5.23.0 torch==2.13.0 numpy==2.4.6
cat > merged.py <<'PY'
import torch
from peft import LoraConfig, get_peft_model
from transformers import BertConfig, BertForSequenceClassification

torch.manual_seed(0)
sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
base = BertForSequenceClassification(BertConfig(vocab_size=100, **sizes))
model = get_peft_model(base, LoraConfig(task_type="SEQ_CLS", target_modules=["query", "value"]))
texts, labels = torch.randint(1, 100, (8, 12)), torch.arange(8) % 2


def moved() -> str:
    """What three steps of training change, and how many values may change."""
    model.train()
    learning = {name: p for name, p in model.named_parameters() if p.requires_grad}
    before = {name: p.detach().clone() for name, p in learning.items()}
    optimizer = torch.optim.AdamW(learning.values(), lr=1e-2, weight_decay=0)
    for _ in range(3):
        model(input_ids=texts, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    names = [name for name, p in learning.items() if not torch.equal(p, before[name])]
    parts = {"adapter" if "lora_" in name else "head" for name in names}
    return f"{' and '.join(sorted(parts))}, of {model.get_nb_trainable_parameters()[0]} values"


print("seen: at first:", moved())
model.merge_adapter()
print("seen: merged:", moved())
model.unmerge_adapter()
print("seen: unmerged:", moved())
PY
HF_HUB_OFFLINE=1 venv/bin/python merged.py 2> log | grep '^seen' | tee seen || { cat log; exit 1; }
diff seen - <<'END'
seen: at first: adapter and head, of 2114 values
seen: merged: head, of 2114 values
seen: unmerged: adapter and head, of 2114 values
END
