#!/usr/bin/env bash
# torch 2.13.0: torch.onnx.export(dynamo=True) writes the paths and lines of the user's own source
# files into the model that is to be published.
#
# Each node of the file has a metadata property pkg.torch.onnx.stack_trace with the absolute path of
# the module's source (so the user's name, where it lies in a home folder) and its text. Nothing says
# so at export. Clearing node.metadata_props of program.model.graph before save leaves a file
# without them.
#
# Seen: path in the file: True; source line in the file: True; after clearing: False False.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} torch==2.13.0 onnx==1.23.2 \
  onnxscript==0.7.2 numpy==2.4.6
mkdir somebody
cat > somebody/private_module.py <<'PY'
import torch


class Model(torch.nn.Module):
    def forward(self, x):
        secret_plan = x * 2 + 1
        return torch.relu(secret_plan)
PY
cat > write.py <<'PY'
import sys
from pathlib import Path

sys.path.insert(0, "somebody")
import torch
from private_module import Model

program = torch.onnx.export(Model(), (torch.ones(2, 3),), dynamo=True, verbose=False)


def seen() -> list[bool]:
    program.save("model.onnx")
    content = Path("model.onnx").read_bytes()
    return [text.encode() in content for text in ("somebody/private_module.py", "secret_plan = x")]


path, line = seen()
print(f"path in the file: {path}; source line in the file: {line}")
for node in program.model.graph:
    node.metadata_props.clear()
print("after clearing:", *seen())
PY
venv/bin/python write.py 2> log | grep -v "^\[torch.onnx\]" | tee seen || { cat log; exit 1; }
diff seen - <<'END'
path in the file: True; source line in the file: True
after clearing: False False
END
