#!/usr/bin/env bash
# @huggingface/transformers 4.3.1 (transformers.js): a classifier with one logit scores 1 for all.
#
# Of a model with num_labels 1, as cross-encoders and many yes-or-no classifiers are, the pipeline
# text-classification takes the softmax of the one logit, which is 1 whatever it says, and warns of
# nothing; but for problem_type "multi_label_classification". transformers 5.23.0 takes the sigmoid
# of the same model (and, for "regression", the logit). AutoModelForSequenceClassification gives the logit; its sigmoid is
# the score that Python has.
#
# Seen: transformers good 0.44, bad 0.56; transformers.js good 1, bad 1, from logits whose sigmoids
# are 0.44 and 0.56. Needs node 20, npm, python3.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ${PIP_FLAGS:-} transformers==5.23.0 \
  torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2
npm install --silent --no-audit --no-fund --ignore-scripts @huggingface/transformers@4.3.1
mkdir -p models/tiny/onnx
cat > make.py <<'PY'
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    TextClassificationPipeline,
)

names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "bad"]
words = Tokenizer(models.WordPiece({n: i for i, n in enumerate(names)}, unk_token="[UNK]"))
words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
words.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
)
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", model_max_length=8,
    model_input_names=["input_ids", "attention_mask"],
)
torch.manual_seed(0)
config = BertConfig(
    vocab_size=6, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
    num_labels=1, id2label={0: "toxic"}, initializer_range=1.0, attn_implementation="eager",
)
model = BertForSequenceClassification(config).eval()
inputs = {text: tokenizer(text, return_tensors="pt") for text in ("good", "bad")}
with torch.no_grad():  # so that one logit is below 0 and one above
    logits = {text: model(**given).logits.item() for text, given in inputs.items()}
    model.classifier.weight *= 0.25 / (logits["bad"] - logits["good"]) * 2
    middle = sum(model(**given).logits.item() for given in inputs.values()) / 2
    model.classifier.bias -= middle
tokenizer.save_pretrained("models/tiny")
model.config.save_pretrained("models/tiny")
torch.onnx.export(
    model, (inputs["good"]["input_ids"], inputs["good"]["attention_mask"]),
    "models/tiny/onnx/model.onnx", input_names=["input_ids", "attention_mask"],
    output_names=["logits"], dynamo=True, external_data=False, verbose=False,
)
for text in inputs:
    [answer] = TextClassificationPipeline(model=model, tokenizer=tokenizer)(text)
    print(f"transformers {text}: {answer['score']:.2f}")
PY
cat > read.mjs <<'JS'
import { AutoModelForSequenceClassification, AutoTokenizer, env, pipeline }
  from "@huggingface/transformers";
env.allowRemoteModels = false;
env.localModelPath = "models/";
const classify = await pipeline("text-classification", "tiny", { dtype: "fp32" });
const model = await AutoModelForSequenceClassification.from_pretrained("tiny", { dtype: "fp32" });
const tokenizer = await AutoTokenizer.from_pretrained("tiny");
for (const text of ["good", "bad"]) {
  const [{ score }] = await classify(text);
  const { logits } = await model(await tokenizer(text));
  const sigmoid = 1 / (1 + Math.exp(-logits.data[0]));
  console.log(`transformers.js ${text}: ${score}, sigmoid of the logit ${sigmoid.toFixed(2)}`);
}
JS
{ venv/bin/python make.py 2> log && node read.mjs; } | grep -v "^\[torch.onnx\]" | tee seen \
  || { cat log; exit 1; }
diff seen - <<'END'
transformers good: 0.44
transformers bad: 0.56
transformers.js good: 1, sigmoid of the logit 0.44
transformers.js bad: 1, sigmoid of the logit 0.56
END
