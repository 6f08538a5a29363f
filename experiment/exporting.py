"""A trained model as ONNX files, compared with it: for ONNX Runtime, OpenVINO and browsers.

They lie and are called as transformers.js looks for them. Needs requirements-export.txt.
"""

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from bert_min import BertForSequenceClassification, ModelError
from data import DataError, load_data
from data.batches import CPU_BATCH, evaluation_batches, pad
from experiment.agreement import labels
from experiment.card import model_card
from experiment.classifier import Classifier
from experiment.cli import say
from experiment.encoding import encode
from experiment.errors import UsageError
from experiment.onnx_card import onnx_card
from experiment.rundir import decision_of, read_record, read_results, write_json
from experiment.to_score import find_data
from hub import HubError
from scoring import predict_logits, softmax

FP32, INT8 = "onnx/model.onnx", "onnx/model_quantized.onnx"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
TOLERANCE = 1e-4  # of a score
AGREEMENT = 0.98  # of labels
MOST = 10_000  # texts to compare on


def texts_to_compare(run: Path, base: str | None) -> tuple[Sequence[str], str]:
    """The first validation texts of a run, and what to call them; the sample's if out of reach."""
    try:
        data = find_data([run], None, None, base=base)
    except (UsageError, DataError, HubError, OSError) as error:
        why = str(error).partition(" (hint: ")[0]
        say(f"{run}: its validation texts are out of reach, the sample's are taken instead: {why}")
        data = load_data("sample")
    texts = data.splits["validation"].texts[:MOST]
    return texts, f"{len(texts):,} validation texts of {data.name}"


def export_onnx(
    classifier: Classifier, folder: Path, texts: Sequence[str], int8: bool, least: float
) -> list[str]:
    """Write FP32, and INT8 where asked for, into `folder`; what to tell of each.

    Raises ModelError where a score of FP32 is more than TOLERANCE from the classifier's on these
    texts, or where less than the share `least` of the labels by INT8 are its own.
    """
    model, fp32 = classifier.model, folder / FP32
    fp32.parent.mkdir()
    write_fp32(model, fp32)
    ids, _ = encode(classifier.tokenizer, texts, classifier.read)
    ours = predict_logits(model, ids)
    found = onnx_logits(fp32, ids, model.config.pad_token_id)
    apart = np.abs(softmax(found) - softmax(ours)).max()
    if not apart <= TOLERANCE:
        raise ModelError(f"a score by ONNX Runtime is {apart:.1e} from ours, over {TOLERANCE:.0e}")
    told = [f"{FP32}: {megabytes(fp32)}, scores within {apart:.1e} of the run's"]
    if int8:
        write_int8(fp32, folder / INT8)
        found = onnx_logits(folder / INT8, ids, model.config.pad_token_id)
        same = (labels(found, classifier) == labels(ours, classifier)).mean()
        if same < least:
            hint = "(hint: leave out --int8, or a smaller --least-agreement takes it)"
            given = f"int8 gives {100 * same:.1f} % of {len(ids):,} labels"
            raise ModelError(f"{given}, less than {100 * least:g} % {hint}")
        told.append(f"{INT8}: {megabytes(folder / INT8)}, {100 * same:.1f} % of the run's labels")
    return told


def write_fp32(model: BertForSequenceClassification, path: Path) -> None:
    """Write a model as ONNX: INPUTS (B, T) int64 to logits (B, K), for every B and T."""
    ids = torch.ones(2, 3, dtype=torch.long)  # of any size but 1, which would be taken for fixed
    tokens = torch.export.Dim("tokens", max=model.config.max_position_embeddings)
    with quiet():
        program = torch.onnx.export(
            model,
            (ids, torch.ones_like(ids), torch.zeros_like(ids)),
            dynamo=True,
            verbose=False,
            input_names=INPUTS,
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("texts"), 1: tokens},) * 3,
        )
    assert program is not None
    for node in program.model.graph:
        node.metadata_props.clear()  # the lines of our code, with paths of this machine
    program.save(path)


def write_int8(fp32: Path, path: Path) -> None:
    """Write the weights of an ONNX file in 8 bits, a scale for each column of a matrix.

    Those that multiply what GELU gives stay as they are: its few large values leave too little of
    8 bits to the many small ones, and labels change. The rest is
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    nodes = onnx.load(fp32).graph.node
    widened = {name for node in nodes if node.op_type == "Gelu" for name in node.output}
    with quiet():
        quantize_dynamic(
            fp32,
            path,
            per_channel=True,
            # Products of 8 bits overflow on processors without VNNI, and the file is for any: so 7.
            reduce_range=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[n.name for n in nodes if n.input and n.input[0] in widened],
        )


def onnx_logits(path: Path, ids: Sequence[Sequence[int]], pad_id: int) -> np.ndarray:
    """Logits (N, K) of N encoded texts by ONNX Runtime, in their order."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    logits = np.empty((len(ids), session.get_outputs()[0].shape[1]), np.float32)
    with tqdm(total=len(ids), desc=path.name, unit="text", disable=None) as bar:
        for index in evaluation_batches([len(row) for row in ids], CPU_BATCH):
            batch = pad([ids[i] for i in index], pad_id, torch.device("cpu"))
            input_ids, mask = (tensor.numpy() for tensor in batch)
            fed = dict(zip(INPUTS, (input_ids, mask, np.zeros_like(mask)), strict=True))
            logits[index] = session.run(None, fed)[0]
            bar.update(len(index))
    return logits


def write_about(
    classifier: Classifier, run: Path, out: Path, folder: Path, told: list[str]
) -> None:
    """Write what stands beside the weights: configuration, tokenizer, records and card.

    `told` is what is to be told of ONNX files, nothing for a plain checkpoint.
    """
    config = classifier.model.config.to_dict()
    if decision := decision_of(run):
        config["decision"] = decision
    write_json(folder / "config.json", config)
    classifier.tokenizer.save(folder, alone=bool(told))
    record, results = read_record(run / "train_args.json"), read_results(run)
    record |= {"out": str(out), "exported_from" if told else "merged_from": str(run)}
    if told_from := record.pop("data_from_run", None):
        place = os.path.normpath(run.resolve() / told_from)
        with suppress(ValueError):  # two drives
            moved = os.path.relpath(place, os.path.realpath(out))
            record["data_from_run"] = Path(moved).as_posix()
    for name in ("identity", "base"):  # no training ends as this folder, and it has no base
        record.pop(name, None)
    write_json(folder / "train_args.json", record)
    card = "---\npipeline_tag: text-classification\nlibrary_name: transformers.js\n---\n"
    if results:
        results["parameters"] = sum(p.numel() for p in classifier.model.parameters())
        write_json(folder / "results.json", results)
        card = checked_card(run, record, results)
    if told:
        card += onnx_card(out.name, classifier, told)
    if results or told:
        (folder / "README.md").write_text(card, encoding="utf-8")


def checked_card(run: Path, record: dict[str, Any], results: dict[str, Any]) -> str:
    """The model card of a run; raises ModelError where its records do not make one."""
    try:
        return model_card(record, results)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{run}: no card can be written of its train_args.json and results.json: {error!r}"
        ) from None


def megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


@contextmanager
def quiet() -> Iterator[None]:
    """Without what the exporters log and warn of: steps of their own, packages not needed."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(before)
