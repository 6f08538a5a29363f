#!/usr/bin/env bash
# datasets 5.2.0: class_encode_column gives whole-number labels other numbers: those of their order
# as text, in which 10 comes before 2.
#
# A column of ids, 0 to 11, is to be made a ClassLabel, as train_test_split(stratify_by_column=...)
# asks. Its new feature is of integers, too, and ten of the twelve classes have changed numbers:
# id 2 is now class "10". Nothing is said. Names and numbers of that column agree with each other;
# a second file that was not encoded, a list of names in the order of the ids, or predictions of a
# model that was trained before, do not agree with it. cast_column with ClassLabel(num_classes=12)
# keeps the numbers, and is enough for the stratified split.
#
# Seen: 0 1 2 3 4 5 6 7 8 9 10 11 becomes 0 1 4 5 6 7 8 9 10 11 2 3; cast_column changes none.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} datasets==5.2.0
cat > encode.py <<'PY'
from datasets import ClassLabel, Dataset

ids = list(range(12))
rows = Dataset.from_dict({"label": ids * 10})
encoded = rows.class_encode_column("label")
cast = rows.cast_column("label", ClassLabel(num_classes=12))
print("seen: encoded:", *encoded["label"][:12])
print("seen: class 2 is called", encoded.features["label"].int2str(2))
print("seen: cast:", *cast["label"][:12])
parts = cast.train_test_split(test_size=12, stratify_by_column="label", seed=0)
print("seen: stratified:", sorted(parts["test"]["label"]) == ids)
PY
HF_HUB_OFFLINE=1 venv/bin/python encode.py 2> log | grep '^seen' | tee seen || { cat log; exit 1; }
diff seen - <<'END'
seen: encoded: 0 1 4 5 6 7 8 9 10 11 2 3
seen: class 2 is called 10
seen: cast: 0 1 2 3 4 5 6 7 8 9 10 11
seen: stratified: True
END
