#!/usr/bin/env bash
# torch 2.13.0, CPU: x.to(torch.uint8) of a float tensor takes several times as long as x.to(torch.int8), and longer
# than x.to(torch.int16).to(torch.uint8), which passes over the data twice.
#
# Signed or not, a byte is a byte, and one conversion should beat two. The one from float to uint8 alone does not use the
# vector instructions that those to int8, int16 and int32 use, with AVX-512 and with AVX2 alike. Activations of
# int8 models are uint8: on CPUs that is what their products ask for, and each layer makes this conversion.
#
# Seen: the same bytes; uint8 by int8: over 3 times (9 where this was written); by int16 and uint8 after it:
# over 2 times (5).
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} torch==2.13.0 numpy==2.4.6
cat > compare.py <<'PY'
import statistics
import sys
import time

import torch

torch.set_num_threads(1)
x = torch.rand(512, 1536) * 127


def seconds(kinds):
    found = []
    for _ in range(200):
        started = time.perf_counter()
        y = x
        for kind in kinds:
            y = y.to(kind)
        found.append(time.perf_counter() - started)
    return statistics.median(found)


straight = x.to(torch.uint8)
same = all(torch.equal(straight, x.to(kind).to(torch.uint8)) for kind in (torch.int8, torch.int16))
slow = seconds([torch.uint8])
signed, two = seconds([torch.int8]), seconds([torch.int16, torch.uint8])
print("the same bytes:", same)
print("over 3 times as long as to int8:", slow > 3 * signed)
print("over 2 times as long as by way of int16:", slow > 2 * two)
figures = f"uint8 {slow * 1e6:.0f} us, int8 {signed * 1e6:.0f} us, int16 and uint8 {two * 1e6:.0f} us"
print(torch.backends.cpu.get_cpu_capability(), figures, file=sys.stderr)
PY
for capability in avx512 avx2; do # the lesser of this and of what the processor has
  ATEN_CPU_CAPABILITY=$capability venv/bin/python compare.py 2> log > seen || { cat log; exit 1; }
  cat log seen
  diff seen - <<'END'
the same bytes: True
over 3 times as long as to int8: True
over 2 times as long as by way of int16: True
END
done
