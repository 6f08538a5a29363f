#!/usr/bin/env bash
# peft 0.21.2 (transformers 5.23.0, torch 2.13.0): reading an adapter's weights asks the Hub.
#
# get_peft_model_state_dict(model), which save_pretrained and every checkpoint of a Trainer call,
# touches tensors in memory alone, one would think. With its default save_embedding_layers="auto" it
# asks the Hub for the config.json of the base model, by the name that the model came with, each
# time: the embeddings are saved too if the vocabulary is another than there. So a model that is
# already loaded has its every checkpoint wait for the network, and what the Hub says at that moment
# decides how large the file is. HF_HUB_OFFLINE=1 or save_embedding_layers=False ends it.
#
# Seen, with a server of the script's own as HF_ENDPOINT: each call asks it for config.json; once
# that names another vocabulary, the embeddings are among the weights; with False it is not asked.
set -euo pipefail
cd "$(mktemp -d)"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check peft==0.21.2 transformers==5.23.0 torch==2.13.0
cat > ask.py <<'PY'
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

asked, hub = [], {"model_type": "bert", "vocab_size": 100}


class Hub(BaseHTTPRequestHandler):
    def do_HEAD(self):
        body = json.dumps(hub).encode()
        asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hub["vocab_size"]}"')
        self.send_header("X-Repo-Commit", f"{hub['vocab_size']:040d}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_GET = do_HEAD

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"
os.environ["HF_HOME"] = "cache"

from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from transformers import BertConfig, BertForSequenceClassification

sizes = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
base = BertForSequenceClassification(BertConfig(vocab_size=100, **sizes))
base.config._name_or_path = base.name_or_path = "someone/some-bert"  # as from_pretrained leaves it
model = get_peft_model(base, LoraConfig(task_type="SEQ_CLS", target_modules=["query", "value"]))


def read(**more):
    asked.clear()
    names = get_peft_model_state_dict(model, **more)
    seen = any(path.endswith("config.json") for path in asked)
    return f"asked {seen}, embeddings {any('embeddings' in name for name in names)}"


print("first:", read())
print("again:", read())
hub["vocab_size"] = 101
print("another vocabulary there:", read())
print("save_embedding_layers=False:", read(save_embedding_layers=False))
PY
venv/bin/python ask.py 2> log | tee seen || { cat log; exit 1; }
diff seen - <<'END'
first: asked True, embeddings False
again: asked True, embeddings False
another vocabulary there: asked True, embeddings True
save_embedding_layers=False: asked False, embeddings False
END
