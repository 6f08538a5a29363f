"""Programs that label texts: each takes texts and gives P(positive), tokenisation included."""

import contextlib
import io
import json
import logging
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.material import BATCH, MAX_LENGTH
from benchmarks.measure import seconds_of
from benchmarks.peers import CPU, load_tokenizer, load_transformers
from bert_min import BertTokenizer, load_model
from data.batches import evaluation_batches, pad
from experiment.classifier import Classifier
from scoring import softmax

Labeller = Callable[[Sequence[str]], np.ndarray]  # N texts to P(positive) (N,)
Rows = Sequence[Sequence[int]]  # token ids
ROOT = Path(__file__).parent.parent
QUIET = 0.05  # seconds before a turn, in which the threads of the one before come to rest

OURS_FP32, OURS_BF16 = "ours, fp32", "ours, bf16"
UNPACKED = ", without packed products"
PLAIN = "transformers, as people run it"
BEST = "transformers at its best"


def ours(folder: Path, dtype: torch.dtype, pack: bool = True) -> Labeller:
    classifier = Classifier(load_model(folder), BertTokenizer(folder, MAX_LENGTH), BATCH, dtype)
    if pack:
        classifier.pack()
    return lambda texts: np.array([p.score for p in classifier.predict(texts)])


def transformers_plain(folder: Path) -> Labeller:
    """fp32, batches as the texts come, padded to their longest."""
    model, tokenizer = load_transformers(folder).eval(), load_tokenizer(folder)

    @torch.no_grad()
    def label(texts: Sequence[str]) -> np.ndarray:
        logits = []
        for i in range(0, len(texts), BATCH):
            batch = list(texts[i : i + BATCH])
            inputs = tokenizer(batch, padding=True, truncation=True, return_tensors="pt")
            logits.append(model(**inputs).logits.numpy())
        return softmax(np.concatenate(logits))[:, 1]

    return label


def by_length(
    encode: Callable[[Sequence[str]], Rows], forward: Callable[[Rows], np.ndarray]
) -> list[Labeller]:
    """Label in batches of like length, of 16 texts or of 64: which is faster is for the caller.

    `forward` gives the logits (B, 2) of a batch's ids.
    """

    def in_batches(size: int) -> Labeller:
        @torch.inference_mode()
        def label(texts: Sequence[str]) -> np.ndarray:
            ids = encode(texts)
            logits = np.empty((len(texts), 2), np.float32)
            for index in evaluation_batches([len(row) for row in ids], size):
                logits[index] = forward([ids[i] for i in index])
            return softmax(logits)[:, 1]

        return label

    return [in_batches(size) for size in (16, BATCH)]


def transformers_best(folder: Path, weights: torch.dtype, autocast: torch.dtype) -> list[Labeller]:
    """Texts sorted, PyTorch's attention kernel; bf16 in the weights, by autocast or not at all."""
    model = load_transformers(folder, dtype=weights, attn_implementation="sdpa").eval()
    tokenizer = load_tokenizer(folder)

    def encode(texts: Sequence[str]) -> Rows:
        return tokenizer(list(texts), truncation=True, return_attention_mask=False)["input_ids"]

    def forward(ids: Rows) -> np.ndarray:
        input_ids, mask = pad(ids, model.config.pad_token_id, CPU)
        with torch.autocast("cpu", autocast, enabled=autocast != torch.float32):
            return model(input_ids=input_ids, attention_mask=mask).logits.float().numpy()

    return by_length(encode, forward)


def fastest(labellers: list[Labeller], texts: Sequence[str]) -> Labeller:
    """The one that labels `texts` soonest, after a first time that warms it up."""
    for label in labellers:
        label(texts)
    return min(labellers, key=lambda label: seconds_of(lambda: label(texts)))


class _Logits(torch.nn.Module):
    """A transformers model as the exporter wants it: tensors in, one tensor out."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def export_onnx(folder: Path) -> tuple[Path, Path]:
    """Write the model as ONNX, in fp32 and in int8, with ONNX Runtime's own fusions for BERT.

    Those know attention only as the older exporter writes it from the plain (eager) code.
    """
    from onnx import TensorProto
    from onnxruntime.quantization import quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model

    traced, fp32, int8 = (folder / f"{name}.onnx" for name in ("traced", "fp32", "int8"))
    if int8.is_file():  # from another benchmark of this run
        return fp32, int8
    model = load_transformers(folder, attn_implementation="eager").eval()
    inputs = torch.ones(2, 8, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    logging.disable(logging.WARNING)
    with warnings.catch_warnings(action="ignore"), contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(
            _Logits(model).eval(),
            (inputs, inputs),
            str(traced),
            dynamo=False,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes},
            opset_version=17,
        )
        heads, width = model.config.num_attention_heads, model.config.hidden_size
        fused = optimize_model(str(traced), "bert", heads, width, opt_level=0)
        fused.save_model_to_file(str(fp32))
        # It cannot look through fused operators: they give floats.
        quantize_dynamic(fp32, int8, extra_options={"DefaultTensorType": TensorProto.FLOAT})
    logging.disable(logging.NOTSET)
    return fp32, int8


def onnx_runtime(path: Path, folder: Path) -> list[Labeller]:
    """A session with as many threads as torch has, all graph optimisations on."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    kinds = {
        put.name: np.int32 if "int32" in put.type else np.int64 for put in session.get_inputs()
    }

    def forward(ids: Rows) -> np.ndarray:
        tensors = dict(zip(("input_ids", "attention_mask"), pad(ids, 0, CPU), strict=True))
        feed = {name: tensors[name].numpy().astype(kind) for name, kind in kinds.items()}
        return session.run(None, feed)[0]

    return by_length(_own_encode(folder), forward)


def ctranslate2_encoder(folder: Path, compute_type: str) -> list[Labeller]:
    """CTranslate2 to the pooled [CLS], then the classifier in torch: it has no heads."""
    import ctranslate2

    converted = folder / "ctranslate2"
    if not converted.is_dir():
        load_transformers(folder)  # quietens the library
        ctranslate2.converters.TransformersConverter(str(folder)).convert(str(converted))
    threads = torch.get_num_threads()
    encoder = ctranslate2.Encoder(str(converted), compute_type=compute_type, intra_threads=threads)
    head = load_model(folder).classifier

    def forward(ids: Rows) -> np.ndarray:
        pooled = np.array(encoder.forward_batch([list(row) for row in ids]).pooler_output)
        return head(torch.from_numpy(pooled)).numpy()

    return by_length(_own_encode(folder), forward)


def _own_encode(folder: Path) -> Callable[[Sequence[str]], Rows]:
    tokenizer = BertTokenizer(folder, MAX_LENGTH)
    return lambda texts: [encoded.ids for encoded in tokenizer.encode(texts)]


# Each makes the ways in which a program can label: the fastest is taken.
LABELLERS: dict[str, Callable[[Path, torch.dtype], list[Labeller]]] = {
    OURS_FP32: lambda folder, dtype: [ours(folder, torch.float32)],
    OURS_BF16: lambda folder, dtype: [ours(folder, dtype)],
    f"{OURS_FP32}{UNPACKED}": lambda folder, dtype: [ours(folder, torch.float32, False)],
    f"{OURS_BF16}{UNPACKED}": lambda folder, dtype: [ours(folder, dtype, False)],
    PLAIN: lambda folder, dtype: [transformers_plain(folder)],
    f"{BEST}, fp32": lambda folder, dtype: transformers_best(folder, torch.float32, torch.float32),
    f"{BEST}, bf16": lambda folder, dtype: [
        *transformers_best(folder, dtype, torch.float32),
        *transformers_best(folder, torch.float32, dtype),
    ],
    "ONNX Runtime, fp32": lambda folder, dtype: onnx_runtime(export_onnx(folder)[0], folder),
    "ONNX Runtime, int8": lambda folder, dtype: onnx_runtime(export_onnx(folder)[1], folder),
    "CTranslate2, fp32": lambda folder, dtype: ctranslate2_encoder(folder, "float32"),
    "CTranslate2, int8": lambda folder, dtype: ctranslate2_encoder(folder, "int8"),
}


class Contender:
    """A labeller in a process of its own: while it works, no other program's threads do.

    Threads that wait for work spin for some milliseconds, and would take a core from the next.
    """

    def __init__(self) -> None:
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (a pipe could fill)
        self.child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.labellers"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def prepare(self, name: str, folder: Path, dtype: torch.dtype, texts: Sequence[str]) -> None:
        """Load the model and choose the fastest way to label these texts."""
        bits = str(dtype).removeprefix("torch.")
        self._ask({"name": name, "folder": str(folder), "dtype": bits, "texts": list(texts)})

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self.child.stdin
        assert self.child.stdout
        try:
            print(json.dumps(question), file=self.child.stdin, flush=True)
            return json.loads(self.child.stdout.readline())
        except (BrokenPipeError, ValueError):
            self.close()
            self.errors.seek(0)
            errors = self.errors.read()[-2000:]
            raise RuntimeError(f"a benchmark's child process failed: {errors}") from None

    def label(self, texts: Sequence[str], one_by_one: bool = False) -> tuple[list[float], Any]:
        """Seconds, of each text or of all together, and P(positive) (N,)."""
        time.sleep(QUIET)
        answer = self._ask({"texts": list(texts), "one_by_one": one_by_one})
        return answer["seconds"], np.array(answer["scores"])

    def close(self) -> None:
        """Its input ends, and so does it."""
        with contextlib.suppress(BrokenPipeError):
            self.child.communicate()


@contextlib.contextmanager
def contenders(
    folder: Path, dtype: torch.dtype, texts: Sequence[str]
) -> Iterator[dict[str, Contender]]:
    """Everyone, by name, ready to label; each has chosen its fastest way on `texts`."""
    with contextlib.ExitStack() as stack:
        found = {name: Contender() for name in LABELLERS}  # all at once, to import libraries
        for contender in found.values():
            stack.callback(contender.close)
        for name, contender in found.items():
            contender.prepare(name, folder, dtype, texts)
        yield found


def answer_all() -> None:
    """The child's part: a job on the first line of stdin, a question on each line after it."""
    job = json.loads(sys.stdin.readline())
    with contextlib.redirect_stdout(sys.stderr):  # libraries may print; answers alone go to stdout
        ways = LABELLERS[job["name"]](Path(job["folder"]), getattr(torch, job["dtype"]))
        label = fastest(ways, job["texts"])
    print("{}", flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        one_by_one = question["one_by_one"]
        pieces = [[text] for text in question["texts"]] if one_by_one else [question["texts"]]
        label(pieces[0][:16])  # warm-up: its threads wake
        seconds, scores = [], []
        for piece in pieces:
            started = time.perf_counter()
            scores += label(piece).tolist()
            seconds.append(time.perf_counter() - started)
        print(json.dumps({"seconds": seconds, "scores": scores}), flush=True)


if __name__ == "__main__":
    answer_all()
