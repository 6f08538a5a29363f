"""What `train.py` does once its flags are read: build, fit, score, save."""

import argparse
import hashlib
import json
import platform
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bert_min import (
    BertForSequenceClassification,
    commit_of,
    load_model,
    save_model,
)
from bert_min.find import MINILM, MINILM_ID
from data import repeats
from data.hashtags import hashtag_dropout
from distill import (
    Fit,
    Recipe,
    StoredLogits,
    TeacherTargets,
    choose_layers,
    draw_layers,
    fit,
    make_student,
)
from distill.loop import Augment
from distill.targets import Targets
from experiment import rundir
from experiment.checkpoint import Checkpoints
from experiment.classifier import Decision, load_classifier
from experiment.cli import (
    LEARNING_RATES,
    STUDENT_MODES,
    Stop,
    UsageError,
    pick_device,
    pick_dtype,
    say,
)
from experiment.material import Material, find_teacher, gather
from lora import add_lora, count_parameters, save_adapter
from scoring import (
    choose_threshold,
    compute_metrics,
    evaluate,
    fit_temperature,
    predict_logits,
    softmax,
)
from speed.packing import packed
from speed.ranks import agree, any_rank, join_ranks, rank, wait_for_all

PROBE_LR = 1e-3  # of a head alone


def train_command(args: argparse.Namespace) -> int:
    """Run one `train.py` command; returns its exit code."""
    device = join_ranks(pick_device(args.device))
    for flag, source in (("--model", args.model), ("--teacher", args.teacher)):
        if source and Path(source).resolve() == args.out.resolve():
            raise UsageError(f"--out would replace what {flag} names (hint: another --out)")
    material = gather(args)
    stop = Stop()
    teacher_dir = None
    if args.mode in STUDENT_MODES:
        teacher_dir = find_teacher(args, material)
        cut_off = rundir.read_json(teacher_dir / "train_args.json").get("interrupted")
        unfinished = args.resume and cut_off and Checkpoints(teacher_dir, {})
        if unfinished:
            say(f"{teacher_dir} was interrupted: going on with it first")
        elif not rundir.is_run(teacher_dir):
            say(f"no teacher yet for this model, data and length: training {teacher_dir} first")
        if unfinished or not rundir.is_run(teacher_dir):
            values = {"mode": "teacher", "layers": "all", "lr": None, "out": teacher_dir}
            values |= {
                "targets": None,
                "objective": "kd",
                "resume": "auto" if args.resume else None,
            }
            train_one(argparse.Namespace(**{**vars(args), **values}), material, None, device, stop)
            if stop():
                return stop.exit_code
        say(f"teacher: {teacher_dir}")
    train_one(args, material, teacher_dir, device, stop)
    return stop.exit_code


def train_one(
    args: argparse.Namespace,
    material: Material,
    teacher_dir: Path | None,
    device: torch.device,
    stop: Stop,
) -> None:
    """Train one model and leave its finished run directory at `args.out`.

    Of several processes each trains its part of every batch, and rank 0 does all else.
    """
    data, ids = material.data, material.ids
    started = time.perf_counter()
    recipe = make_recipe(args, device)
    settings = identity(args, recipe, material, teacher_dir)
    checkpoints = Checkpoints(args.out, settings, args.keep)
    if args.resume and is_finished(args.out, settings, bool(checkpoints)):
        checkpoints.clear()  # where it was killed on its last steps, some may be left
        say(f"{args.out} is finished: nothing to go on with")
        return
    if checkpoints and not (args.resume or args.overwrite):
        raise UsageError(
            f"{checkpoints.folder} holds a training that was cut off (hint: --resume goes on with "
            "it, --overwrite begins anew)"
        )
    with rundir.prepared(args.out) as folder:
        start = None
        if args.resume and args.resume != "auto":
            start = checkpoints.read(Path(args.resume), folder / "metrics.jsonl")
        elif args.resume:
            start = checkpoints.newest(folder / "metrics.jsonl")
        if not agree(start.values["steps"] if start else 0, device):
            raise UsageError(
                f"the processes do not see the same checkpoints in {checkpoints.folder} "
                "(hint: an --out in a folder that all share)"
            )
        if start:
            say(f"{args.out}: going on after step {start.values['steps']}")
        elif args.resume and args.out.exists():
            raise UsageError(
                f"there is no checkpoint in {checkpoints.folder}, so {args.out} cannot go on "
                "(hint: --overwrite begins anew)"
            )
        else:
            if args.resume:
                say(f"{args.out}: there is no checkpoint, so it begins at the first step")
            checkpoints.clear()
        torch.manual_seed(args.seed)  # a new head and the adapters are drawn here
        student = build(args, material, teacher_dir, device, folder)
        parameters, trainable = count_parameters(student.model.parameters())
        say(f"{args.out}: layers {student.layers}, {trainable:,} of {parameters:,} values trained")

        hide = None
        if args.hashtag_dropout:
            hide = hashtag_dropout(material.tokenizer.backend.get_vocab(), args.hashtag_dropout)
        if args.probe_epochs and not start:
            probe(student, args, recipe, material, hide, stop)
            if any_rank(stop(), device):
                say("stopped before fine-tuning began: there is nothing to save")
                raise SystemExit(stop.exit_code)
        validation = data.splits["validation"]
        with open(folder / "metrics.jsonl", "a", buffering=1, encoding="utf-8") as metrics:
            done = fit(
                student.model,
                ids["train"],
                data.splits["train"].labels,
                recipe,
                lambda: evaluate(
                    student.model, ids["validation"], validation.labels, args.batch_size
                ),
                student.targets,
                log=lambda line: metrics.write(json.dumps(line) + "\n"),
                stop=stop,
                save=partial(checkpoints.save, folder / "metrics.jsonl"),
                save_every=args.save_every,
                start=start,
                augment=hide,
            )

        if rank() > 0:
            wait_for_all()  # the next model may be made from this one's files
            return
        say(f"scoring test with the weights of epoch {done.best_epoch}, of lowest validation loss")
        results = score(student.model, done, material, args.batch_size, folder)
        results |= {"parameters": parameters, "trainable": trainable}
        results["seconds"] = round(time.perf_counter() - started, 1)
        record = {
            **{name: str(v) if isinstance(v, Path) else v for name, v in vars(args).items()},
            "lr": recipe.lr,
            "layers": student.layers,
            "pooling": student.model.config.pooling,
            "base_model": base_model(args.model),
            "revision": commit_of(material.folder),
            "data_revision": data.revision,
            "model_sha256": material.model_sha256,
            "data_name": data.name,
            "data_sha256": material.data_sha256,
            "label_names": list(data.label_names),
            "repeats": repeats(data),
            "teacher": str(teacher_dir) if teacher_dir else None,
            "training_dtype": str(recipe.dtype).removeprefix("torch."),
            "steps": done.steps,
            "interrupted": done.interrupted,
            "identity": digest(settings),
            "python": platform.python_version(),
            "torch": torch.__version__,
        }
        save(folder, args.out, student, material, record, results)
    if done.interrupted:
        say(f"{args.out} was interrupted after step {done.steps} (hint: --resume goes on)")
    else:
        checkpoints.clear()
    wait_for_all()
    print(
        f"{args.out}: validation macro-F1 {results['validation']['macro_f1']:.4f}, "
        f"test macro-F1 {results['test']['macro_f1']:.4f} in {results['seconds']:.0f} s"
    )


def probe(
    student: "Student",
    args: argparse.Namespace,
    recipe: Recipe,
    material: Material,
    augment: Augment | None,
    stop: Stop,
) -> None:
    """Train the head alone, so that fine-tuning begins near its end and bends features less.

    Source: LP-FT, Kumar et al. 2022, section 3, https://arxiv.org/abs/2202.10054
    """
    model = student.model
    trained = [p for p in model.parameters() if p.requires_grad]
    model.requires_grad_(False)
    model.classifier.requires_grad_(True)
    validation = material.data.splits["validation"]
    fit(
        model,
        material.ids["train"],
        material.data.splits["train"].labels,
        replace(recipe, epochs=args.probe_epochs, lr=PROBE_LR, entropy_weight=0.0, max_steps=None),
        lambda: evaluate(model, material.ids["validation"], validation.labels, args.batch_size),
        student.targets,
        stop=stop,
        augment=augment,
    )
    for parameter in trained:
        parameter.requires_grad_(True)


def make_recipe(args: argparse.Namespace, device: torch.device) -> Recipe:
    """What the flags say of training."""
    return Recipe(
        epochs=args.epochs,
        batch_size=args.batch_size,
        lr=LEARNING_RATES[args.mode] if args.lr is None else args.lr,
        weight_decay=args.weight_decay,
        warmup=args.warmup,
        temperature=args.temperature,
        alpha=args.alpha,
        beta=args.beta,
        label_smoothing=args.label_smoothing,
        entropy_weight=args.entropy_weight,
        seed=args.seed,
        dtype=pick_dtype(args.dtype, device, training=True),
        max_steps=args.max_steps,
    )


def identity(
    args: argparse.Namespace, recipe: Recipe, material: Material, teacher_dir: Path | None
) -> dict[str, Any]:
    """All that decides how a training goes."""
    flags = ["mode", "layers", "max_length", "hashtags", "hashtag_dropout", "pooling"]
    flags += ["probe_epochs"]
    flags += ["objective"] if teacher_dir else []
    flags += [name for name in vars(args) if name.startswith("lora_")] * (args.mode == "lora")
    settings = asdict(recipe)
    if not (args.targets or (teacher_dir and args.objective == "kd")):
        settings = {k: v for k, v in settings.items() if k not in ("temperature", "alpha", "beta")}
    return {
        "format": 1,  # of the checkpoint's files
        **{name: getattr(args, name) for name in flags},
        **settings,
        "dtype": str(recipe.dtype),
        "model": material.model_sha256,
        "data": material.data_sha256,
        "teacher": rundir.weights_sha256(teacher_dir) if teacher_dir else None,
        "targets": rundir.sha256([args.targets]) if args.targets else None,
    }


def digest(settings: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def is_finished(out: Path, settings: dict[str, Any], replaced: bool) -> bool:
    """Whether `out` is what a training with these settings came to, at its end.

    Raises UsageError where it is another run, unless that is being `replaced`.
    """
    record = rundir.read_json(out / "train_args.json")
    if not record or record.get("interrupted"):
        return False
    if record.get("identity") != digest(settings):
        if replaced:
            return False
        raise UsageError(
            f"{out} is finished and was trained with other settings (hint: --overwrite replaces "
            "it, or another --out)"
        )
    return True


@dataclass(frozen=True)
class Student:
    """A model ready to be trained, its layers (from 1), and what its mode brings along."""

    model: BertForSequenceClassification
    layers: list[int]
    targets: Targets | None = None
    adapter: dict[str, Any] | None = None  # the arguments of add_lora


def build(
    args: argparse.Namespace,
    material: Material,
    teacher_dir: Path | None,
    device: torch.device,
    folder: Path,
) -> Student:
    """Make the model of a mode: from the teacher where there is one, else from pretraining."""
    if teacher_dir:
        teacher = load_classifier(teacher_dir, args.max_length, args.batch_size, device).model
        layers = choose(args.layers, teacher)
        targets: Targets | None = None
        if args.targets:
            targets = stored_targets(args, material)
        elif args.objective == "kd":
            targets = TeacherTargets(
                teacher,
                material.ids["train"],
                layers if args.beta > 0 else (),
                folder=folder,
                cache=teacher_dir / "targets",
                batch_size=args.batch_size,
            )
        student = make_student(teacher, layers)
        if args.layers == "random":
            draw_layers(student)
        return Student(student, layers, targets)

    pretrained = load_model(material.folder, material.data.label_names)
    pretrained.config = replace(
        pretrained.config, pooling=args.pooling or pretrained.config.pooling
    )
    layers = choose(args.layers, pretrained)
    model = make_student(pretrained, layers).to(device)
    targets = stored_targets(args, material) if args.targets else None
    if args.mode != "lora":
        return Student(model, layers, targets)
    if len(layers) < material.depth:
        save_model(model, folder / "base")  # nobody else has this base, so the run carries it
    adapter = {
        "targets": [name for name in map(str.strip, args.lora_targets.split(",")) if name],
        "r": args.lora_r,
        "lora_alpha": args.lora_alpha,
        "lora_dropout": args.lora_dropout,
    }
    try:
        add_lora(model, **adapter)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return Student(model, layers, targets, adapter)


def stored_targets(args: argparse.Namespace, material: Material) -> StoredLogits:
    return StoredLogits(args.targets, len(material.ids["train"]), len(material.data.label_names))


def save(
    folder: Path,
    out: Path,
    student: Student,
    material: Material,
    record: dict[str, Any],
    results: dict[str, Any],
) -> None:
    """Write model or adapter, tokenizer, record, results and model card."""
    if student.adapter:
        own_base = (folder / "base").is_dir()
        base = str((out / "base").resolve()) if own_base else record["base_model"]
        revision = None if own_base else record["revision"]
        save_adapter(student.model, folder, student.adapter, base, revision)
    else:
        save_model(student.model, folder)
    decision = Decision(
        record["hashtags"], results["decided"]["temperature"], results["decided"]["threshold"]
    )
    config = student.model.config.to_dict() | {"decision": asdict(decision)}
    rundir.write_json(folder / "config.json", config)
    material.tokenizer.save(folder)
    rundir.write_json(folder / "train_args.json", record)
    rundir.write_json(folder / "results.json", results)
    card = rundir.model_card(record, results)
    (folder / "README.md").write_text(card, encoding="utf-8")


def base_model(source: str) -> str:
    """What other programs call a model: its Hub id, or the absolute path of a local one."""
    if source == MINILM:
        return MINILM_ID
    return str(Path(source).resolve()) if Path(source).exists() else source


def choose(spec: str, model: BertForSequenceClassification) -> list[int]:
    try:
        return choose_layers(spec, model.config.num_hidden_layers)
    except ValueError as error:
        raise UsageError(str(error)) from None


def score(
    model: BertForSequenceClassification,
    done: Fit,
    material: Material,
    batch_size: int,
    folder: Path,
) -> dict[str, Any]:
    """Score the last epoch, put back the best one, score it, and write its predictions.

    Temperature and threshold are fitted on the validation split; `decided` scores both.
    """
    test = material.data.splits["test"]
    last: dict[str, Any] = {"epoch": done.last_epoch, "train_loss": done.last_train_loss}
    last["validation"] = done.last_validation
    if done.best_epoch != done.last_epoch:
        last["test"] = evaluate(model, material.ids["test"], test.labels, batch_size)
        model.load_state_dict(done.best_state, strict=False)
    results: dict[str, Any] = {
        "best_epoch": done.best_epoch,
        "train_loss": done.best_train_loss,
        "validation": done.best_validation,
    }
    reader = packed(model)
    temperature, threshold = 1.0, 0.5
    results["decided"] = {}
    for name in ("validation", "test"):
        split = material.data.splits[name]
        logits = predict_logits(reader, material.ids[name], batch_size)
        results[name] = compute_metrics(logits, split.labels)
        if name == "validation":
            temperature = round(fit_temperature(logits, np.array(split.labels)), 4)
            scores = softmax(logits / temperature)[:, 1]
            threshold = round(choose_threshold(scores, np.array(split.labels)), 4)
        decided = compute_metrics(logits / temperature, split.labels, threshold)
        results["decided"][name] = decided
        names = material.data.label_names
        rundir.write_predictions(folder / "predictions", name, logits, split.labels, names)
    results["decided"] |= {"temperature": temperature, "threshold": threshold}
    last.setdefault("test", results["test"])
    return results | {"last_epoch": last}
