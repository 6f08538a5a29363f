#!/usr/bin/env bash
# peft 0.21.2 (transformers 5.23.0, torch 2.13.0): an adapter whose classes have names of their own
# is saved without them, and answers by those of its base, whatever their order.
#
# A classifier {0: toxic, 1: fine} is loaded with id2label={0: "fine", 1: "toxic"}, as the new data
# have them, trained with LoRA and task_type SEQ_CLS, and saved with save_pretrained. In memory it
# names its classes rightly. The folder has the new head, and no config.json: whoever loads it, with
# AutoPeftModelForSequenceClassification too, gets the head of the adapter under the names of the
# base, and nothing is said. Saving model.config beside the adapter, or giving id2label again at
# loading, keeps them.
#
# Seen: in memory toxic, loaded fine (probability the same), with id2label again toxic.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} peft==0.21.2 \
  transformers==5.23.0 torch==2.13.0 numpy==2.4.6
cat > name.py <<'PY'
import torch
from peft import AutoPeftModelForSequenceClassification, LoraConfig, get_peft_model
from transformers import AutoModelForSequenceClassification, BertConfig, BertForSequenceClassification

torch.manual_seed(0)
sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
theirs = {"id2label": {0: "toxic", 1: "fine"}, "label2id": {"toxic": 0, "fine": 1}}
ours = {"id2label": {0: "fine", 1: "toxic"}, "label2id": {"fine": 0, "toxic": 1}}
BertForSequenceClassification(BertConfig(vocab_size=100, **sizes, **theirs)).save_pretrained("base")

texts = torch.randint(1, 100, (20, 10))
labels = torch.arange(20) % 2  # 1 is toxic
base = AutoModelForSequenceClassification.from_pretrained("base", **ours)
model = get_peft_model(base, LoraConfig(task_type="SEQ_CLS", target_modules=["query", "value"]))
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
for _ in range(100):
    model(input_ids=texts, labels=labels).loss.backward()
    optimizer.step()
    optimizer.zero_grad()
model.save_pretrained("adapter")


def said(model) -> str:
    """What a model calls a text of class 1, and how sure it is."""
    with torch.no_grad():
        scores = model.eval()(input_ids=texts[1:2]).logits.softmax(dim=1)[0]
    return f"{model.config.id2label[int(scores.argmax())]}, {scores.max().item():.1f}"


print("in memory:", said(model))
print("loaded:", said(AutoPeftModelForSequenceClassification.from_pretrained("adapter")))
again = AutoPeftModelForSequenceClassification.from_pretrained("adapter", **ours)
print("with id2label again:", said(again))
PY
HF_HUB_OFFLINE=1 venv/bin/python name.py 2> log | tee seen || { cat log; exit 1; }
diff seen - <<'END'
in memory: toxic, 1.0
loaded: fine, 1.0
with id2label again: toxic, 1.0
END
