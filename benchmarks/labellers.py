"""Programs that label texts: each takes texts and gives P(positive), tokenisation included."""

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.material import BATCH, MAX_LENGTH
from benchmarks.peers import CPU, load_sdpa, load_tokenizer, load_transformers
from bert_min import BertTokenizer, load_model
from data.batches import evaluation_batches, pad
from experiment.classifier import Classifier
from scoring import softmax

Labeller = Callable[[Sequence[str]], np.ndarray]  # N texts to P(positive) (N,)
Rows = Sequence[Sequence[int]]  # token ids

OURS_FP32, OURS_BF16, OURS_INT8 = "ours, fp32", "ours, bf16", "ours, int8"
UNPACKED = ", without packed products"
PLAIN = "transformers, as people run it"
BEST = "transformers at its best"


def ours(folder: Path, dtype: torch.dtype, pack: bool = True) -> list[Labeller]:
    classifier = Classifier(load_model(folder), BertTokenizer(folder, MAX_LENGTH), BATCH, dtype)
    if pack:
        classifier.pack()
    return [lambda texts: np.array([p.score for p in classifier.predict(texts)])]


def transformers_plain(folder: Path) -> list[Labeller]:
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

    return [label]


def by_length(
    encode: Callable[[Sequence[str]], Rows],
    forward: Callable[[Rows], np.ndarray],
    sizes: Sequence[int] = (16, BATCH),
) -> list[Labeller]:
    """Label in batches of like length, of several sizes: which is faster is for the caller.

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

    return [in_batches(size) for size in sizes]


def transformers_best(
    folder: Path,
    weights: torch.dtype,
    autocast: torch.dtype,
    device: torch.device = CPU,
    sizes: Sequence[int] = (16, BATCH),
) -> list[Labeller]:
    """Texts sorted, PyTorch's attention kernel; bf16 in the weights, by autocast or not at all."""
    model = load_sdpa(folder, dtype=weights).eval().to(device)
    tokenizer = load_tokenizer(folder)

    def encode(texts: Sequence[str]) -> Rows:
        return tokenizer(list(texts), truncation=True, return_attention_mask=False)["input_ids"]

    def forward(ids: Rows) -> np.ndarray:
        input_ids, mask = pad(ids, model.config.pad_token_id, device)
        with torch.autocast(device.type, autocast, enabled=autocast != torch.float32):
            logits = model(input_ids=input_ids, attention_mask=mask).logits
        return logits.float().cpu().numpy()

    return by_length(encode, forward, sizes)


def export_onnx(folder: Path) -> None:
    """Write the model as fp32.onnx and int8.onnx, with ONNX Runtime's own fusions for BERT.

    Those know attention only as the older exporter writes it from the plain (eager) code.
    """
    from onnx import TensorProto
    from onnxruntime.quantization import quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model

    traced, fp32, int8 = (str(folder / f"{name}.onnx") for name in ("traced", "fp32", "int8"))
    model = load_transformers(folder, attn_implementation="eager", return_dict=False).eval()
    inputs = torch.ones(2, 8, dtype=torch.long)
    axes = {0: "texts", 1: "tokens"}
    logging.disable(logging.WARNING)
    with warnings.catch_warnings(action="ignore"), contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(
            model,
            (inputs, inputs),
            traced,
            dynamo=False,
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes},
            opset_version=17,
        )
        heads, width = model.config.num_attention_heads, model.config.hidden_size
        optimize_model(traced, "bert", heads, width, opt_level=0).save_model_to_file(fp32)
        # It cannot look through fused operators: they give floats.
        quantize_dynamic(fp32, int8, extra_options={"DefaultTensorType": TensorProto.FLOAT})
    logging.disable(logging.NOTSET)


def onnx_runtime(folder: Path, name: str) -> list[Labeller]:
    """A session with as many threads as torch has, all graph optimisations on."""
    import onnxruntime

    if not (folder / "int8.onnx").is_file():  # else from another benchmark of this run
        export_onnx(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(
        folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"]
    )
    kinds = {
        put.name: np.int32 if "int32" in put.type else np.int64 for put in session.get_inputs()
    }

    def forward(ids: Rows) -> np.ndarray:
        tensors = dict(zip(("input_ids", "attention_mask"), pad(ids, 0, CPU), strict=True))
        feed = {name: tensors[name].numpy().astype(kind) for name, kind in kinds.items()}
        return session.run(None, feed)[0]

    return by_length(own_encode(folder), forward)


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

    return by_length(own_encode(folder), forward)


def own_encode(folder: Path) -> Callable[[Sequence[str]], Rows]:
    tokenizer = BertTokenizer(folder, MAX_LENGTH)
    return lambda texts: [encoded.ids for encoded in tokenizer.encode(texts)]


def openvino(folder: Path, int8: bool) -> list[Labeller]:
    from benchmarks.with_openvino import openvino_labellers

    return openvino_labellers(folder, int8)


# Each makes the ways in which a program can label: the fastest is taken.
LABELLERS: dict[str, Callable[[Path, torch.dtype], list[Labeller]]] = {
    OURS_FP32: lambda folder, dtype: ours(folder, torch.float32),
    OURS_BF16: ours,
    OURS_INT8: lambda folder, dtype: ours(folder, torch.int8),
    f"{OURS_FP32}{UNPACKED}": lambda folder, dtype: ours(folder, torch.float32, False),
    f"{OURS_BF16}{UNPACKED}": lambda folder, dtype: ours(folder, dtype, False),
    PLAIN: lambda folder, dtype: transformers_plain(folder),
    f"{BEST}, fp32": lambda folder, dtype: transformers_best(folder, torch.float32, torch.float32),
    f"{BEST}, bf16": lambda folder, dtype: [
        *transformers_best(folder, dtype, torch.float32),
        *transformers_best(folder, torch.float32, dtype),
    ],
    "ONNX Runtime, fp32": lambda folder, dtype: onnx_runtime(folder, "fp32"),
    "ONNX Runtime, int8": lambda folder, dtype: onnx_runtime(folder, "int8"),
    "OpenVINO, fp32": lambda folder, dtype: openvino(folder, False),
    "OpenVINO, int8": lambda folder, dtype: openvino(folder, True),
    "CTranslate2, fp32": lambda folder, dtype: ctranslate2_encoder(folder, "float32"),
    "CTranslate2, int8": lambda folder, dtype: ctranslate2_encoder(folder, "int8"),
}
