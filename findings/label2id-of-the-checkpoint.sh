#!/usr/bin/env bash
# transformers 5.23.0 (torch 2.13.0, datasets 5.2.0): a model loaded with an id2label of its own
# keeps the label2id of the checkpoint, and where the classes stand in another order the two say the
# opposite of each other.
#
# A checkpoint has the classes toxic, fine. It is loaded with id2label={0: "fine", 1: "toxic"}, as
# the new data have them, to be trained on. The config, and the config.json that is saved of it, now
# call class 1 "toxic" by id2label and "fine" by label2id. Pipelines read the one;
# align_labels_with_mapping(config.label2id) of datasets, which is there to give test labels the
# model's numbers, reads the other and turns right labels round. Nothing is said. With label2id
# given beside id2label they agree.
#
# Seen: id2label 0 fine, 1 toxic; label2id fine 1, toxic 0, in the saved config.json too; aligned
# labels of fine, toxic, toxic are 1 0 0, with both given 0 1 1.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} transformers==5.23.0 \
  torch==2.13.0 datasets==5.2.0 numpy==2.4.6
cat > load.py <<'PY'
import json

from datasets import ClassLabel, Dataset, Features
from transformers import AutoModelForSequenceClassification, BertConfig, BertForSequenceClassification

sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
theirs = {"id2label": {0: "toxic", 1: "fine"}, "label2id": {"toxic": 0, "fine": 1}}
BertForSequenceClassification(BertConfig(vocab_size=100, **sizes, **theirs)).save_pretrained("base")

labels = {"label": ["fine", "toxic", "toxic"]}
test = Dataset.from_dict(labels, Features(label=ClassLabel(names=["fine", "toxic"])))
by_id, by_name = {0: "fine", 1: "toxic"}, {"fine": 0, "toxic": 1}
for given in ({"id2label": by_id}, {"id2label": by_id, "label2id": by_name}):
    print("seen: with", " and ".join(given))
    model = AutoModelForSequenceClassification.from_pretrained("base", **given)
    model.save_pretrained("new")
    with open("new/config.json", encoding="utf-8") as file:
        saved = json.load(file)
    print("seen: saved:", json.dumps({name: saved[name] for name in ("id2label", "label2id")}))
    print("seen: aligned:", *test.align_labels_with_mapping(model.config.label2id, "label")["label"])
PY
HF_HUB_OFFLINE=1 venv/bin/python load.py 2> log | grep '^seen' | tee seen || { cat log; exit 1; }
diff seen - <<'END'
seen: with id2label
seen: saved: {"id2label": {"0": "fine", "1": "toxic"}, "label2id": {"fine": 1, "toxic": 0}}
seen: aligned: 1 0 0
seen: with id2label and label2id
seen: saved: {"id2label": {"0": "fine", "1": "toxic"}, "label2id": {"fine": 0, "toxic": 1}}
seen: aligned: 0 1 1
END
