"""A run directory: everything about one trained model, and what may stand in its records."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bert_min import ModelError, weight_files
from bert_min.find import sha256
from experiment.errors import UsageError
from experiment.settings import STUDENT_MODES
from hub import FILES

ORDER = ("teacher", *STUDENT_MODES, "lora")  # of runs, in every list
# What a classifier is made of. Scores and predictions may be written again; these may not change.
MODEL_FILES = (
    "config.json",
    "model.safetensors",
    "adapter_config.json",
    "adapter_model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "train_args.json",
    "base/config.json",
    "base/model.safetensors",
    "onnx/model.onnx",
    "onnx/model_quantized.onnx",
)


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; an absent file is an empty one. Raises ModelError for anything else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path} is not a JSON object")
    return value


# What is read again of a run's two records, and may stand there.
KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("mode", "data", "data_from_run", "data_sha256"), (str,)),
    **dict.fromkeys(("model_sha256", "base"), (str,)),
    "split": (str,),
    **dict.fromkeys(("text_column", "label_column", "positive"), (str, type(None))),
    "data_revision": (str, type(None)),
    "positive_from": (float, int, type(None)),
    "skip_bad": (bool,),
    **dict.fromkeys(("layers", "label_names"), (list,)),
    **dict.fromkeys(("max_length", "steps", "parameters", "trainable"), (int,)),
    "limit": (int, type(None)),
    "label_names_by_id": (list,),
    "train_loss": (float,),
}


def read_record(path: Path) -> dict[str, Any]:
    """Read train_args.json or results.json; raises ModelError where a value cannot be meant."""
    values = read_json(path)
    for name, kinds in KINDS.items():
        if name in values and type(values[name]) not in kinds:
            raise ModelError(f"{path}: {name} cannot be {values[name]!r:.40}")
    return values


def weights_sha256(run: Path) -> str:
    """The identity of a run's weights, of an adapter where it has one. Raises ModelError."""
    return sha256(weight_files(run / "adapter_model.safetensors" if is_adapted(run) else run))


def write_manifest(folder: Path, names: Iterable[str]) -> None:
    """Note the hash of each of these files that is there: the last file to be written."""
    hashes = {name: sha256([folder / name]) for name in names if (folder / name).is_file()}
    write_json(folder / "MANIFEST.json", {"sha256": hashes})


def check_manifest(run: Path) -> None:
    """Compare every model file with the hash noted at saving; raises ModelError for the first."""
    hashes = read_json(run / "MANIFEST.json").get("sha256", {})
    if not isinstance(hashes, dict):
        raise ModelError(f"{run}/MANIFEST.json has no table of hashes")
    for name, expected in hashes.items():
        if not (run / name).is_file():
            raise ModelError(f"{run} has no {name}, which its MANIFEST.json lists")
        if sha256([run / name]) != expected:
            raise ModelError(f"{run / name} is not the file that MANIFEST.json lists (damaged?)")


def check_links(run: Path) -> None:
    """Raise ModelError where a model file is a link to somewhere outside its folder.

    What is there can change while the run stays as it is. The Hub's cache is made of links to the
    blobs beside its snapshots.
    """
    home = run.resolve()
    home = home.parent.parent if home.parent.name == "snapshots" else home
    found = [path for name in (*MODEL_FILES, *FILES) for path in run.glob(name)]
    for path in found:
        if path.exists() and not path.resolve().is_relative_to(home):
            raise ModelError(f"{path} leads to a file outside the run's folder (a link)")


def is_run(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("config.json", "adapter_config.json"))


def is_whole(run: Path) -> bool:
    """Whether a run was trained to its end. Raises ModelError for a record that is not JSON."""
    record = read_json(run / "train_args.json")
    return bool(record) and not record.get("interrupted")


def is_finished(run: Path, identity: str, names: Sequence[str], replaced: bool) -> bool:
    """Whether `run` is what a training of this identity, to these classes, came to, at its end.

    Raises UsageError where it is another run, unless that is being `replaced`.
    """
    if not is_whole(run):
        return False
    record = read_json(run / "train_args.json")
    if record.get("identity") != identity or record.get("label_names") != [*names]:
        if replaced:
            return False
        raise UsageError(
            f"{run} is finished and was trained with other settings or by another version "
            "(hint: --overwrite replaces it, or another --out)"
        )
    return True


def is_adapted(run: Path) -> bool:
    """Whether a run is an adapter on a base."""
    return (run / "adapter_config.json").is_file()


def is_export(folder: Path) -> bool:
    """Whether a folder holds a model for ONNX Runtime alone: no command here answers by it."""
    return (folder / "onnx").is_dir() and not any(folder.glob("*.safetensors"))


def is_ours(run: Path) -> bool:
    """Whether this project trained a run: its second class of two is then the positive one."""
    record = read_json(run / "train_args.json")
    return "label_names" in record or decision_of(run) is not None


def decision_of(run: Path) -> dict[str, Any] | None:
    """The `decision` in a run's config.json; None where it is of other weights, or there is none.

    transformers carries it on when it saves a model of ours that was trained further. Raises
    ModelError for what is no decision.
    """
    config = read_json(run / "config.json")
    found = None if "transformers_version" in config else config.get("decision")
    if not isinstance(found, dict | None):
        raise ModelError(f"the decision in {run}/config.json is not one of ours: {found!r:.40}")
    return found


def read_results(run: Path) -> dict[str, Any]:
    """The results.json of a run that this project trained; another program's is not asked.

    Raises ModelError where a value cannot be meant.
    """
    return read_record(run / "results.json") if is_ours(run) else {}


def no_run(path: Path) -> ModelError:
    """What to raise for what is no run: the runs in it, where it is a folder of some."""
    inside = ", ".join(map(str, find_runs(path)))
    hint = f"one of {inside}" if inside else "python train.py --mode teacher makes one"
    return ModelError(f"no trained model in {path} (hint: {hint})")


def find_runs(folder: Path) -> list[Path]:
    """The runs in a folder: those whose names begin with a word of ORDER first, as ordered."""
    visible = [path for path in folder.glob("*") if not path.name.startswith(".")]
    runs = [path for path in visible if is_run(path) and not is_export(path)]

    def rank(run: Path) -> tuple[int, str]:
        first = run.name.split("-")[0]
        return (ORDER.index(first) if first in ORDER else len(ORDER), run.name)

    return sorted(runs, key=rank)
