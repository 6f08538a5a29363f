"""A run that is an adapter: the base that it was trained on, and the model of both."""

from pathlib import Path

from bert_min import (
    BertConfig,
    BertForSequenceClassification,
    ModelError,
    files_of_tokenizer,
    load_model,
    resolve_model,
    weight_files,
)
from bert_min.find import sha256
from bert_min.weights import INDEX, Undrawn
from experiment.cli import say
from experiment.rundir import is_adapted, is_ours, read_record
from hub import HINT, HubError
from lora import head_rows, load_adapter, merge_lora, read_adapter_config, unload_lora

GONE = "(hint: --base DIR names the base, wherever it is now)"


def folder_of(base: Path) -> Path:
    """The folder of weights that may be a file."""
    return base.parent if base.is_file() else base


def find_base(run: Path, base: str | None = None) -> Path:
    """The weights that a run's adapter was trained on: a folder, a weights file or an index.

    They are the run's own, or what `base` names, or what lies where it lay beside the run, or what
    the adapter names. Raises ModelError where they are gone or others, AdapterError, HubError.
    """
    own = run / "base"  # half-depth bases are not published anywhere, so the run carries its own
    if own.is_dir():
        return own
    config, record = read_adapter_config(run), read_record(run / "train_args.json")
    places = [(base, None)] if base else []
    if not base and "base" in record and (run / record["base"]).exists():
        places.append((str(run / record["base"]), None))
    if not base and (named := config.get("base_model_name_or_path")):
        places.append((named, config.get("revision")))
    if not places:
        raise ModelError(f"{run}/adapter_config.json does not name its base model {GONE}")
    failures = []
    for source, revision in places:
        try:
            return as_trained(resolve_model(source, revision), record.get("model_sha256"))
        except (ModelError, HubError) as error:
            reason = str(error).removesuffix(HINT).strip()
            error.args = (f"{run}, its base: {reason} {GONE}",)
            failures.append(error)
    raise failures[0]


def as_trained(base: Path, trained_on: str | None) -> Path:
    """What of a base is to be read, where it has shards beside a whole file, for either may be new.

    Raises ModelError where no weights there are those that the adapter was trained on.
    """
    index = base / INDEX
    for choice in (base, index) if index.exists() else (base,):
        if trained_on in (None, sha256(weight_files(choice))):
            return choice
    raise ModelError(f"{base} is not the model that the adapter was trained on")


def load_adapted(run: Path, base: str | None = None) -> tuple[BertForSequenceClassification, Path]:
    """The base of an adapter with the update added to its weights, and the folder of its tokenizer.

    A run of ours has the configuration that it was trained with, whatever its base's says now.
    Raises what `find_base`, `load_model` and `load_adapter` raise.
    """
    weights = find_base(run, base)
    folder = folder_of(weights)
    config = BertConfig.from_file(config_file(run, folder))
    names = adapter_classes(run, folder)
    if not (run / "config.json").is_file() and config.is_named and names == config.label_names:
        say(f"{run} names no classes: those of its base are taken, {', '.join(names)}")
    with Undrawn():  # what the base has no values of, the adapter must have
        model = load_model(weights, names, config=config)
    load_adapter(model, run)
    trained = {name for name, own in model.named_parameters() if own.requires_grad}
    if lost := [name for name in model.drawn if name not in trained]:
        raise ModelError(f"neither {run} nor its base {weights} has a {lost[0]} for its classes")
    merge_lora(model)
    unload_lora(model)
    return model, tokenizer_folder(run, folder)


def config_file(run: Path, base: Path) -> Path:
    """The config.json that says of what shape the model of a run on a base is."""
    return (run if is_ours(run) and (run / "config.json").is_file() else base) / "config.json"


def tokenizer_folder(run: Path, base: Path) -> Path:
    own = any((run / name).is_file() for name in ("tokenizer.json", "vocab.txt"))
    return run if own else base


def adapter_classes(run: Path, base: Path) -> tuple[str, ...]:
    """The classes of an adapter on a model in the folder `base`, in the order of its head."""
    named = run if (run / "config.json").is_file() else base  # PEFT saves no config.json
    config = BertConfig.from_file(named / "config.json")
    config.check_head()
    names, rows = config.label_names, head_rows(run)
    if rows and rows != len(names) and named == base:  # the base's names are not the adapter's
        names = tuple(f"LABEL_{index}" for index in range(rows))
    return names


def files_read(run: Path, base: str | None = None) -> dict[str, Path]:
    """Every file that a run's classifier is made of, under a name to tell it by.

    Raises ModelError, AdapterError, HubError.
    """
    names = ["config.json", "train_args.json"]
    home, theirs = run, []
    if is_adapted(run):
        names += ["adapter_config.json", "adapter_model.safetensors"]
        weights = find_base(run, base)
        folder = folder_of(weights)
        home = tokenizer_folder(run, folder)
        theirs = [*weight_files(weights), config_file(run, folder)]
    else:
        theirs = weight_files(run)
    own = [run / name for name in names if (run / name).is_file()]
    read = [*own, *theirs, *files_of_tokenizer(home)]
    return {f"{p.name} of {'--run' if p.parent == run else 'its base'}": p for p in read}
