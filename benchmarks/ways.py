"""What labellers share: batches of like length, the tokenizer, the model as ONNX."""

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.material import BATCH, MAX_LENGTH
from benchmarks.peers import load_transformers
from bert_min import BertTokenizer
from data.batches import evaluation_batches
from scoring import softmax

Labeller = Callable[[Sequence[str]], np.ndarray]  # N texts to P(positive) (N,)
Rows = Sequence[Sequence[int]]  # token ids


def by_length(
    encode: Callable[[Sequence[str]], Rows],
    forward: Callable[[Rows], np.ndarray],
    sizes: Sequence[int] = (16, BATCH),
    apply: Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]] = map,
) -> list[Labeller]:
    """Label in batches of like length, of several sizes: which is faster is for the caller.

    `forward` gives the logits (B, 2) of a batch's ids. `apply` calls it on each batch, in order, as
    `map` does; `speed.threads.side_by_side` gives each core a batch of its own.
    """

    def in_batches(size: int) -> Labeller:
        def label(texts: Sequence[str]) -> np.ndarray:
            ids = encode(texts)
            logits = np.empty((len(texts), 2), np.float32)

            @torch.inference_mode()  # of the thread that calls it
            def of_batch(index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                return index, forward([ids[i] for i in index])

            for index, found in apply(of_batch, evaluation_batches([*map(len, ids)], size)):
                logits[index] = found
            return softmax(logits)[:, 1]

        return label

    return [in_batches(size) for size in sizes]


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


def own_encode(folder: Path) -> Callable[[Sequence[str]], Rows]:
    tokenizer = BertTokenizer(folder, MAX_LENGTH)
    return lambda texts: [encoded.ids for encoded in tokenizer.encode(texts)]
