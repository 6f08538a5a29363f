#!/usr/bin/env bash
# peft 0.21.2 (transformers 5.23.0, torch 2.13.0): LoRA on a BERT that was pretrained on masked words
# alone is saved without a layer that it needs, and answers otherwise once it is loaded.
#
# A checkpoint of BertForMaskedLM, as many of one domain are, has no pooler. As a classifier it gets
# a pooler and a head by chance. With task_type SEQ_CLS PEFT trains and saves the head, and not the
# pooler below it: that stays what chance made it, is in no file, and is drawn anew at the next
# loading, by whoever uses the adapter. PEFT says nothing; transformers lists the pooler beside the
# head among the layers to be trained, each time. modules_to_save=["classifier", "pooler"] saves it.
#
# Seen: the probabilities of 40 texts that it was trained on, after loading: off by more than 0.1
# (with other seeds up to all labels turned round); with the pooler named: the same.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} peft==0.21.2 \
  transformers==5.23.0 torch==2.13.0 numpy==2.4.6
cat > reload.py <<'PY'
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForSequenceClassification, BertConfig, BertForMaskedLM

torch.manual_seed(0)
sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
BertForMaskedLM(BertConfig(vocab_size=100, **sizes)).save_pretrained("base")
texts = torch.randint(1, 100, (40, 10))
labels = torch.arange(40) % 2


def classifier():
    return AutoModelForSequenceClassification.from_pretrained("base", num_labels=2)


def scores(model):
    with torch.no_grad():
        return model.eval()(input_ids=texts).logits.softmax(dim=1)


for name, more in (
    ("as it is", {}),
    ("pooler named", {"modules_to_save": ["classifier", "pooler"]}),
):
    adapters = LoraConfig(task_type="SEQ_CLS", target_modules=["query", "value"], **more)
    model = get_peft_model(classifier(), adapters)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(300):
        model(input_ids=texts, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained("adapter")
    again = PeftModel.from_pretrained(classifier(), "adapter")
    off = (scores(again) - scores(model)).abs().max().item()
    print(f"{name}: off by more than 0.1 {off > 0.1}, the same {off < 1e-6}")
PY
HF_HUB_OFFLINE=1 venv/bin/python reload.py 2> log | tee seen || { cat log; exit 1; }
diff seen - <<'END'
as it is: off by more than 0.1 True, the same False
pooler named: off by more than 0.1 False, the same True
END
