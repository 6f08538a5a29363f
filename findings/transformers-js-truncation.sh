#!/usr/bin/env bash
# @huggingface/transformers 4.3.1 (transformers.js) cuts a long text without its closing [SEP].
#
# AutoTokenizer with {truncation: true, max_length: 5} on a BERT tokenizer.json: the special tokens
# are added first and the list of ids is cut afterwards, so that the last id is a word. tokenizers
# 0.23.3 (Rust, and so transformers in Python) cuts the words and keeps [SEP]. A classifier trained
# on the one sees, for every text over its length, what it has never seen.
#
# Seen: tokenizers [2, 5, 6, 7, 3], transformers.js [2, 5, 6, 7, 8]. Needs node 20, npm, python3.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check tokenizers==0.23.3
npm install --silent --no-audit --no-fund --ignore-scripts @huggingface/transformers@4.3.1
mkdir -p models/tiny
cat > make.py <<'PY'
import json
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "one", "two", "three", "four", "five"]
vocab = {name: number for number, name in enumerate(names)}
tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer()
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
    special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
)
tokenizer.add_special_tokens(names[:5])
tokenizer.save("models/tiny/tokenizer.json")
config = {"tokenizer_class": "BertTokenizer", "model_max_length": 5}
json.dump(config, open("models/tiny/tokenizer_config.json", "w"))
tokenizer.enable_truncation(5)
print("tokenizers     ", tokenizer.encode("one two three four five").ids)
PY
cat > read.mjs <<'JS'
import { AutoTokenizer, env } from "@huggingface/transformers";
env.allowRemoteModels = false;
env.localModelPath = "models/";
const tokenizer = await AutoTokenizer.from_pretrained("tiny");
const { input_ids } = tokenizer("one two three four five",
  { truncation: true, max_length: 5, return_tensor: false });
console.log("transformers.js", JSON.stringify(input_ids).replaceAll(",", ", "));
JS
{ venv/bin/python make.py; node read.mjs; } | tee seen
diff seen - <<'END'
tokenizers      [2, 5, 6, 7, 3]
transformers.js [2, 5, 6, 7, 8]
END
