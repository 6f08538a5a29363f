"""A real server process for the tests: `python -m webapp` on a free port of loopback."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from bert_min import BertConfig, BertForSequenceClassification, save_model

ROOT = Path(__file__).parent.parent


def make_run(
    folder: Path,
    tokenizer: Path,
    max_length: int = 128,
    layers: int = 2,
    width: int = 32,
    label_names: tuple[str, ...] = ("not-hate", "hate"),
) -> Path:
    """Write a run of random weights, so large that its scores lie far apart."""
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=width, num_hidden_layers=layers, num_attention_heads=4,
        intermediate_size=2 * width, initializer_range=0.5, label_names=label_names,
    )  # fmt: skip
    save_model(BertForSequenceClassification(config), folder)
    shutil.copy(tokenizer / "tokenizer.json", folder)
    (folder / "train_args.json").write_text(json.dumps({"max_length": max_length}))
    return folder


class Server:
    """A running `python -m webapp`; `log()` gives what it has written so far."""

    def __init__(self, process: subprocess.Popen, port: int, log_file: Path) -> None:
        self.process, self.port, self.log_file = process, port, log_file
        self.url = f"http://127.0.0.1:{port}"

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own: status, headers in lower case, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, names, answer.read()

    def post(self, path: str, value: Any) -> tuple[int, dict[str, Any]]:
        """POST a value as JSON; status and parsed answer."""
        headers = {"Content-Type": "application/json"}
        status, _, body = self.request("POST", path, json.dumps(value), headers)
        return status, json.loads(body)

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")


@contextlib.contextmanager
def running(
    log_file: Path, *flags: object, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> Iterator[Server]:
    """Start the server with `flags` and wait until it listens; it is killed at the end."""
    command = [sys.executable, "-m", "webapp", "--port", "0", *map(str, flags)]
    environment = {"PYTHONPATH": str(ROOT)} | (env or {})

    with open(log_file, "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=cwd,
            env=os.environ | environment,
        )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert "http://" in line, f"{line!r} {log_file.read_text()}"
        port = int(line.split("http://127.0.0.1:")[1].split()[0].split("/")[0])
        yield Server(process, port, log_file)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
