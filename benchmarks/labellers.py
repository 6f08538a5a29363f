"""Programs that label texts: each takes texts and gives P(positive), tokenisation included.

Everyone may label as ours does: batches dealt to the cores, one each.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.material import BATCH, MAX_LENGTH
from benchmarks.peers import CPU, load_sdpa, load_tokenizer, load_transformers
from benchmarks.ways import Labeller, Rows, by_length, export_onnx, own_encode
from benchmarks.with_openvino import openvino_labellers
from bert_min import BertTokenizer, load_model
from data.batches import pad
from experiment.classifier import Classifier
from scoring import softmax
from speed.threads import side_by_side

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

    ways = by_length(encode, forward, sizes)
    return ways + by_length(encode, forward, sizes, side_by_side) if device == CPU else ways


def onnx_runtime(folder: Path, name: str) -> list[Labeller]:
    """All graph optimisations on; as many threads in a call as torch has, or a call a thread."""
    import onnxruntime

    if not (folder / "int8.onnx").is_file():  # else from another benchmark of this run
        export_onnx(folder)

    def session_of(threads: int) -> Callable[[Rows], np.ndarray]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
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

        return forward

    encode, whole, dealt = own_encode(folder), session_of(torch.get_num_threads()), session_of(1)
    return by_length(encode, whole) + by_length(encode, dealt, apply=side_by_side)


def ctranslate2_encoder(folder: Path, compute_type: str) -> list[Labeller]:
    """CTranslate2 to the pooled [CLS], then the classifier in torch: it has no heads."""
    import ctranslate2

    converted = folder / "ctranslate2"
    if not converted.is_dir():
        load_transformers(folder)  # quietens the library
        ctranslate2.converters.TransformersConverter(str(folder)).convert(str(converted))
    cores, head = torch.get_num_threads(), load_model(folder).classifier

    def encoder_of(inter: int, intra: int) -> Callable[[Rows], np.ndarray]:
        encoder = ctranslate2.Encoder(
            str(converted), compute_type=compute_type, inter_threads=inter, intra_threads=intra
        )

        def forward(ids: Rows) -> np.ndarray:
            pooled = np.array(encoder.forward_batch([list(row) for row in ids]).pooler_output)
            return head(torch.from_numpy(pooled)).numpy()

        return forward

    encode, whole, dealt = own_encode(folder), encoder_of(1, cores), encoder_of(cores, 1)
    return by_length(encode, whole) + by_length(encode, dealt, apply=side_by_side)


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
    "OpenVINO, fp32": lambda folder, dtype: openvino_labellers(folder, False),
    "OpenVINO, int8": lambda folder, dtype: openvino_labellers(folder, True),
    "CTranslate2, fp32": lambda folder, dtype: ctranslate2_encoder(folder, "float32"),
    "CTranslate2, int8": lambda folder, dtype: ctranslate2_encoder(folder, "int8"),
}
