"""What other releases of transformers and PEFT make of our runs; test_ecosystem.py calls it.

    python tests/oldest.py ODD MERGED LORA ADAPTER

Prints the versions, and the logits of TEXTS by the three runs, as one JSON object; an adapter with
this PEFT's files is left in ADAPTER, and its logits are printed, too. Imports nothing of this
project, which wants newer libraries.
"""

import json
import sys
from typing import Any

import peft
import torch
import transformers

TEXTS = ["I hate you", "what a lovely day", "go back to where you came from", "x"]


@torch.inference_mode()
def logits(model: Any, folder: str) -> list[list[float]]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    return model.eval()(**batch).logits.tolist()


def main(odd: str, merged: str, lora: str, adapter: str) -> None:
    plain = transformers.AutoModelForSequenceClassification
    found: dict[str, Any] = {"versions": [transformers.__version__, peft.__version__]}
    pipeline = transformers.pipeline("text-classification", model=odd, top_k=None)
    found["pipeline"] = [{a["label"]: a["score"] for a in answers} for answers in pipeline(TEXTS)]
    found["odd"] = logits(plain.from_pretrained(odd), odd)
    found["merged"] = logits(plain.from_pretrained(merged), merged)
    adapted = peft.AutoPeftModelForSequenceClassification.from_pretrained(lora)
    found["lora"] = logits(adapted, lora)

    torch.manual_seed(0)
    config = peft.LoraConfig(
        task_type="SEQ_CLS", target_modules=["query", "value"], r=4, init_lora_weights=False
    )
    theirs = peft.get_peft_model(plain.from_pretrained(odd), config)
    found["theirs"] = logits(theirs, odd)
    theirs.save_pretrained(adapter)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
