#!/usr/bin/env bash
# torch 2.13.0, x86 CPU, oneDNN on AVX2 (forced here, so that wider processors do the same): a linear layer in a frozen
# torch.compile keeps about 2 MB for each number of rows that it meets, and LRU_CACHE_CAPACITY=1 does not help.
#
# oneDNN caches 1,024 primitives, which one thinks of as some kilobytes of code each. The one for a product with packed
# weights takes megabytes, whatever the size of the layer, so a model that reads texts of many lengths takes gigabytes.
# The advice for memory that grows with new shapes is LRU_CACHE_CAPACITY=1. That bounds PyTorch's cache, while
# oneDNN's own one holds the same primitives: each of the two alone changes nothing, both together do.
# (Needs a C++ compiler, as torch.compile does.)
#
# Seen: one layer, 768 to 3072 (9 MB), inputs of 1 to 300 rows, twice: over 300 MB more after the first
# time and hardly more after the second; the same with either limit; with both under 100 MB.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} torch==2.13.0 numpy==2.4.6
cat > rows.py <<'PY'
import sys
from pathlib import Path

import torch
import torch._inductor.config

torch._inductor.config.freezing = True
torch.set_num_threads(1)


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


with torch.no_grad():
    layer = torch.compile(torch.nn.Linear(768, 3072).eval(), dynamic=True)
    for rows in (600, 7):
        layer(torch.randn(rows, 768))
    before = resident()
    grown = []
    for _ in range(2):
        for rows in range(1, 301):
            layer(torch.randn(rows, 768))
        grown.append(resident() - before)
first, second = grown
print(f"{first:.0f} MB, then {second - first:.0f} MB", file=sys.stderr)
size = "over 300 MB" if first > 300 else "under 100 MB" if first < 100 else f"{first:.0f} MB"
print(f"{sys.argv[1]}: {size}; again: under 50 MB {second - first < 50}")
PY
export ONEDNN_MAX_CPU_ISA=AVX2
{
  venv/bin/python rows.py "no limit"
  LRU_CACHE_CAPACITY=1 venv/bin/python rows.py "PyTorch's cache of 1"
  ONEDNN_PRIMITIVE_CACHE_CAPACITY=1 venv/bin/python rows.py "oneDNN's cache of 1"
  LRU_CACHE_CAPACITY=1 ONEDNN_PRIMITIVE_CACHE_CAPACITY=1 venv/bin/python rows.py "both"
} 2> log > seen || { cat log; exit 1; }
cat log seen
diff seen - <<'END'
no limit: over 300 MB; again: under 50 MB True
PyTorch's cache of 1: over 300 MB; again: under 50 MB True
oneDNN's cache of 1: over 300 MB; again: under 50 MB True
both: under 100 MB; again: under 50 MB True
END
