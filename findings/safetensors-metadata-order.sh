#!/usr/bin/env bash
# safetensors 0.8.0 (torch 2.13.0): one model saved twice is two files where its metadata have two
# keys or more, in one process too: their order in the header is drawn anew each time.
#
# The tensors are sorted, so that with {"format": "pt"} alone, as most libraries write it, a file is
# the same each time, and its SHA-256 names the weights. With keys of one's own (seed, epoch, data)
# it does not: caches, downloads and records that go by the hash of the file see another model.
# Hash the tensors instead, or put what is said of them into one value, as JSON.
#
# Seen, 50 saves each: with one key 1 file, with eight keys more than 40, with the eight in one
# value 1; tensors and metadata that are read are the same each time.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} safetensors==0.8.0 \
  torch==2.13.0 numpy==2.4.6
cat > save.py <<'PY'
import json

import torch
from safetensors import safe_open
from safetensors.torch import load, save

tensors = {"classifier.weight": torch.zeros(2, 32), "classifier.bias": torch.ones(2)}
told = {name: name for name in ("model", "data", "seed", "epoch", "rate", "batch", "loss", "date")}


def files(metadata: dict[str, str]) -> int:
    """How many different files 50 saves give."""
    saved = {save(tensors, metadata=metadata) for _ in range(50)}
    for content in saved:
        assert all(torch.equal(tensor, tensors[name]) for name, tensor in load(content).items())
    with open("model.safetensors", "wb") as file:
        file.write(next(iter(saved)))
    with safe_open("model.safetensors", "pt") as read:
        assert read.metadata() == metadata
    return len(saved)


print("seen: one key:", files({"format": "pt"}))
several = files(told)
print("seen: eight keys:", "more than 40" if several > 40 else several)
print("seen: in one value:", files({"format": json.dumps(told)}))
PY
venv/bin/python save.py > log 2>&1 || { cat log; exit 1; }
grep '^seen' log | tee seen
diff seen - <<'END'
seen: one key: 1
seen: eight keys: more than 40
seen: in one value: 1
END
