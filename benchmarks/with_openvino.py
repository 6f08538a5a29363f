"""OpenVINO as a labeller: fp32, and int8 by its own quantiser, NNCF."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.material import BATCH
from benchmarks.peers import CPU
from benchmarks.ways import Labeller, Rows, by_length, export_onnx, own_encode
from data import load_data
from data.batches import evaluation_batches, pad
from scoring import softmax

CALIBRATION = 100  # texts


def inputs_of(ids: Rows) -> dict[str, np.ndarray]:
    input_ids, mask = pad(ids, 0, CPU)
    return {"input_ids": input_ids.numpy(), "attention_mask": mask.numpy()}


def openvino_model(folder: Path, int8: bool) -> Any:
    """The plain graph of the model; ONNX Runtime's fusions are its own. Quantised once."""
    import openvino

    if not (folder / "traced.onnx").is_file():  # else from another benchmark of this run
        export_onnx(folder)
    model, kept = openvino.Core().read_model(folder / "traced.onnx"), folder / "openvino.xml"
    if not int8:
        return model
    if not kept.is_file():
        import nncf

        nncf.set_log_level("ERROR")
        ids = own_encode(folder)(load_data("sample").splits["train"].texts[:CALIBRATION])
        texts = nncf.Dataset([[row] for row in ids], inputs_of)
        made = nncf.quantize(
            model, texts, model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION
        )
        openvino.save_model(made, kept, compress_to_fp16=False)
    return openvino.Core().read_model(kept)


def openvino_labellers(folder: Path, int8: bool) -> list[Labeller]:
    """One text after the other on all cores, or as many streams at once as it finds best."""
    import openvino

    model, core = openvino_model(folder, int8), openvino.Core()
    settings: dict[str, Any] = {"INFERENCE_NUM_THREADS": torch.get_num_threads()}
    if not int8:
        settings["INFERENCE_PRECISION_HINT"] = "f32"
    single, many = (
        core.compile_model(model, "CPU", settings | {"PERFORMANCE_HINT": hint})
        for hint in ("LATENCY", "THROUGHPUT")
    )
    encode, output = own_encode(folder), single.output(0)
    in_turn = by_length(encode, lambda ids: single(inputs_of(ids))[output])
    return [*in_turn, *(side_by_side(encode, many, size) for size in (16, BATCH))]


def side_by_side(encode: Callable[[Sequence[str]], Rows], model: Any, size: int) -> Labeller:
    """Batches of like length, several at once."""
    from openvino import AsyncInferQueue

    queue = AsyncInferQueue(model)

    def label(texts: Sequence[str]) -> np.ndarray:
        ids, logits = encode(texts), np.empty((len(texts), 2), np.float32)

        def keep(request: Any, index: np.ndarray) -> None:
            logits[index] = request.get_output_tensor(0).data

        queue.set_callback(keep)
        for index in evaluation_batches([len(row) for row in ids], size):
            queue.start_async(inputs_of([ids[i] for i in index]), index)
        queue.wait_all()
        return softmax(logits)[:, 1]

    return label
