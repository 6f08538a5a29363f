#!/usr/bin/env bash
# transformers 5.23.0: AutoTokenizer lower-cases by a tokenizer.json that says it does not.
#
# A folder with config.json (model_type bert) and tokenizer.json alone, its normalizer
# BertNormalizer(lowercase=False): AutoTokenizer takes the vocabulary from it and builds a new
# normalizer with lowercase=True. tokenizers 0.23.3 reads the same file as it stands. Nothing is
# warned of; a cased BERT that was saved with the tokenizers package gets [UNK] for its names.
#
# Seen: tokenizers ['[CLS]', 'Rome', '[SEP]'], AutoTokenizer ['[CLS]', 'rome', '[SEP]'].
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check transformers==5.23.0 tokenizers==0.23.3
cat > read.py <<'PY'
import json
from pathlib import Path
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer

names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Rome", "rome"]
tokenizer = Tokenizer(models.WordPiece({n: i for i, n in enumerate(names)}, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
)
Path("cased").mkdir()
tokenizer.save("cased/tokenizer.json")
Path("cased/config.json").write_text(json.dumps({"model_type": "bert", "vocab_size": len(names)}))
print("tokenizers   ", Tokenizer.from_file("cased/tokenizer.json").encode("Rome").tokens)
auto = AutoTokenizer.from_pretrained("cased")
print("AutoTokenizer", auto.convert_ids_to_tokens(auto("Rome")["input_ids"]))
PY
venv/bin/python read.py 2> log | tee seen || { cat log; exit 1; }
diff seen - <<'END'
tokenizers    ['[CLS]', 'Rome', '[SEP]']
AutoTokenizer ['[CLS]', 'rome', '[SEP]']
END
