"""What a `train.py` command works on: pretrained weights, texts as token ids, and a teacher."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

import torch

from bert_min import (
    BertTokenizer,
    ModelError,
    commit_of,
    files_of_tokenizer,
    load_model,
    resolve_model,
    weight_files,
)
from bert_min.find import sha256
from data import Data, Split, load_data, repeats
from data.flat import TokenIds
from data.hashtags import READINGS
from data.sources import cut_to
from experiment import rundir
from experiment.card import BALANCED
from experiment.checkpoint import Checkpoints
from experiment.cli import say
from experiment.data_flags import choice_of
from experiment.encoding import Unlabelled, encode, encode_unlabelled, fingerprint
from experiment.errors import UsageError
from experiment.hardware import pick_dtype
from experiment.loading import load_tokenizer
from experiment.settings import Settings

# Settings in which a teacher may differ from the command that uses it.
WARNED = ("epochs", "max_steps", "batch_size", "seed", "class_weights")


@dataclass(frozen=True)
class Material:
    """What a teacher and its student share: weights, texts and their token ids, the machine."""

    device: torch.device
    dtype: torch.dtype  # of the products in training
    folder: Path
    model_sha256: str
    described_sha256: str  # of config.json and the files of the tokenizer
    depth: int  # layers of the pretrained model
    tokenizer: BertTokenizer
    data: Data
    data_sha256: str
    ids: dict[str, Sequence[Sequence[int]]]  # of each split
    unlabelled: Unlabelled | None = None

    @cached_property
    def training_ids(self) -> Sequence[Sequence[int]]:
        """The texts of an epoch: those with labels, then those without."""
        train = self.ids["train"]
        return TokenIds(chain(train, self.unlabelled.ids)) if self.unlabelled else train

    def identity(self) -> dict[str, str]:
        """What of it decides how a training goes."""
        found = {"dtype": str(self.dtype), "model": self.model_sha256, "data": self.data_sha256}
        found["config or tokenizer"] = self.described_sha256
        return found | ({"unlabelled": self.unlabelled.sha256} if self.unlabelled else {})


def gather(settings: Settings, device: torch.device) -> Material:
    """Find the weights, then the data; report what a reader of the scores should know of them.

    Raises UsageError, ModelError, DataError and HubError.
    """
    folder = resolve_model(settings.model, settings.revision)
    if settings.revision and not commit_of(folder):
        raise UsageError(f"--revision is of a model on the Hub, which {settings.model} is not")
    choice = choice_of(vars(settings))
    everything = load_data(settings.data, None, settings.data_revision, choice)
    data = cut_to(everything, settings.limit)
    for note in data.notes:
        say(note)
    if settings.data_revision and not data.revision:
        raise UsageError(f"--data-revision is of data on the Hub, which {settings.data} are not")
    model = load_model(folder, data.label_names, say)
    home = folder.parent if folder.is_file() else folder
    tokenizer = load_tokenizer(home, settings.max_length, model)
    ids: dict[str, Sequence[Sequence[int]]] = {}
    for name, split in data.splits.items():
        ids[name], cut = encode(tokenizer, split.texts, READINGS[settings.hashtags])
        say(f"{name}: {shares_of(split, data)}, {cut} cut at {settings.max_length} tokens")
    twice = {pair: count for pair, count in repeats(data).items() if count}
    if twice:
        say("texts that stand in two splits: " + ", ".join(f"{p} {n}" for p, n in twice.items()))
    if settings.is_balanced:
        say(f"class weights: {BALANCED}")
    unlabelled = None
    if settings.unlabelled:  # of validation and test all are kept from it, whatever the limit
        splits = {**everything.splits, "train": data.splits["train"]}
        unlabelled = encode_unlabelled(settings, replace(data, splits=splits), tokenizer)
    return Material(
        device=device,
        dtype=pick_dtype(settings.dtype, device, training=True),
        folder=folder,
        model_sha256=sha256(weight_files(folder)),
        described_sha256=sha256(files_of_tokenizer(home)),
        depth=model.config.num_hidden_layers,
        tokenizer=tokenizer,
        data=data,
        data_sha256=fingerprint(data),
        ids=ids,
        unlabelled=unlabelled,
    )


def shares_of(split: Split, data: Data) -> str:
    """How many texts a split has, and the share of the positive class; of many, of each class."""
    counts, n = Counter(split.labels), len(split.labels)
    told = range(1, 2) if len(data.label_names) == 2 else range(len(data.label_names))
    return ", ".join([f"{n} texts", *(f"{counts[i] / n:.1%} {data.label_names[i]}" for i in told)])


def find_teacher(settings: Settings, material: Material) -> Path:
    """The run of a teacher for this model, data and length, or the folder to make one in.

    Raises ModelError where --teacher names one for others.
    """
    wanted = {
        "mode": "teacher",
        "model_sha256": material.model_sha256,
        "data_sha256": material.data_sha256,
        "label_names": list(material.data.label_names),
        "described_sha256": material.described_sha256,
        "max_length": settings.max_length,
        "layers": list(range(1, material.depth + 1)),
        "hashtags": settings.hashtags,
    }
    identity = hashlib.sha256(json.dumps(wanted).encode()).hexdigest()[:8]
    default = Path("runs/teacher")
    candidates = (
        [settings.teacher] if settings.teacher else [default, Path(f"{default}-{identity}")]
    )
    free = [candidate for candidate in candidates if not rundir.is_run(candidate)]
    for candidate in candidates:
        if candidate in free:
            continue
        found = rundir.read_json(candidate / "train_args.json")
        # What older runs do not say is as it was then.
        found = {"hashtags": "keep", "class_weights": "none", **found}
        found.setdefault("described_sha256", material.described_sha256)
        differs = [name for name, value in wanted.items() if found.get(name) != value]
        if not differs:
            for name in WARNED:
                if name in found and found[name] != getattr(settings, name):
                    asked = (
                        f"{name} {found.get(name)}, this command asks for {getattr(settings, name)}"
                    )
                    say(f"warning: {candidate} was trained with {asked}")
            return candidate
        say(f"{candidate} is another teacher: it differs in {', '.join(differs)}")
    if free:  # one that was cut off goes on in its place
        return next((place for place in reversed(free) if Checkpoints(place, {})), free[0])
    raise ModelError(
        f"{candidates[-1]} is no teacher for this command: it differs in {', '.join(differs)} "
        "(hint: leave out --teacher and one is made)"
    )
