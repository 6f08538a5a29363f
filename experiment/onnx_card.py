"""What the README.md of an ONNX export says of its use."""

import json
from collections.abc import Sequence
from string import Template

from experiment.classifier import Classifier

CARD = Template("""
## ONNX

$files

The inputs are `input_ids`, `attention_mask` and `token_type_ids` (int64, any number of texts of
up to $positions tokens), the output is `logits`, one a class. With the packages numpy,
onnxruntime and tokenizers, in this folder:

```python
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

names = $names
tokenizer = Tokenizer.from_file("tokenizer.json")
tokenizer.encode_special_tokens = True  # what a person types is text
tokenizer.enable_truncation($length)
tokenizer.enable_padding(pad_id=$pad_id, pad_token=$pad_token)
session = onnxruntime.InferenceSession("onnx/model.onnx")


def classify(texts):
    encoded = tokenizer.encode_batch(texts)
    fed = {
        "input_ids": np.array([text.ids for text in encoded]),
        "attention_mask": np.array([text.attention_mask for text in encoded]),
        "token_type_ids": np.array([text.type_ids for text in encoded]),
    }
    logits = session.run(None, fed)[0] / $temperature
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    return [($label, row.tolist()) for row in scores]


print(classify(["I hate you", "what a lovely day"]))
```

In a browser, with @huggingface/transformers 4 and this folder served as `models/$name`:

```js
import { AutoModelForSequenceClassification, AutoTokenizer, env } from "@huggingface/transformers";

env.allowLocalModels = true;
env.localModelPath = "models/";
const names = $names;
const tokenizer = await AutoTokenizer.from_pretrained($quoted);
const dtype = "$dtype";
const model = await AutoModelForSequenceClassification.from_pretrained($quoted, { dtype });

async function classify(texts) {
  const inputs = await tokenizer(texts, { padding: true, truncation: true });
  const { data: ids, dims: [, length] } = inputs.input_ids;
  for (let end = length - 1; end < ids.length; end += length)  // its truncation loses $sep
    if (inputs.attention_mask.data[end]) ids[end] = ${sep_id}n;
  const { logits } = await model(inputs);
  return logits.tolist().map((row) => {
    const powers = row.map((logit) => Math.exp((logit - Math.max(...row)) / $temperature));
    const sum = powers.reduce((a, b) => a + b);
    const scores = powers.map((power) => power / sum);
    return [$js_label, scores];
  });
}

console.log(await classify(["I hate you", "what a lovely day"]));
```

Both give the labels and scores of `predict.py` for texts of up to $length tokens that it has a
label for; of longer ones they read the beginning alone. The second takes a special token such as
$sep that somebody types for one. The
pipeline of transformers.js knows neither temperature nor threshold, and reads a text that it cuts
without $sep at its end.
$hashtags""")
HASHTAGS = {
    "keep": "",
    "remove": "\nIt was trained on texts without their hashtags: take them away first.\n",
    "split": "\nIt was trained on texts whose hashtags were split into words: split them first.\n",
}


def onnx_card(name: str, classifier: Classifier, told: Sequence[str]) -> str:
    """How to use the files in ONNX Runtime and in a browser; `told` is what was measured of them.

    The code there gives the labels and scores of `predict.py`.
    """
    config, decision, tokenizer = classifier.model.config, classifier.decision, classifier.tokenizer
    sep = tokenizer.settings["sep_token"]
    label, js_label = "names[row.argmax()]", "names[scores.indexOf(Math.max(...scores))]"
    if config.num_labels == 2:
        label = f"names[int(row[1] >= {decision.threshold})]"
        js_label = f"names[Number(scores[1] >= {decision.threshold})]"
    return CARD.substitute(
        files="\n".join(f"- {line}" for line in told),
        positions=config.max_position_embeddings,
        names=json.dumps(config.label_names, ensure_ascii=False),
        length=tokenizer.max_length,
        pad_id=config.pad_token_id,
        pad_token=json.dumps(tokenizer.settings["pad_token"], ensure_ascii=False),
        temperature=decision.temperature,
        label=label,
        js_label=js_label,
        sep=sep,
        sep_id=tokenizer.backend.token_to_id(sep),
        name=name,
        quoted=json.dumps(name, ensure_ascii=False),
        dtype="q8" if any("quantized" in line for line in told) else "fp32",
        hashtags=HASHTAGS[decision.hashtags],
    )
