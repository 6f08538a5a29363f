"""The base of an adapter: where it may lie, and that the adapter was trained on it."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import eval as eval_command
import export
import predict
from bert_min import weight_files
from bert_min.find import sha256
from bert_min.weights import INDEX
from experiment.loading import load_classifier
from webapp.models import load_models

TEXTS = ["I hate you", "what a lovely day"]


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def change(path, **values):
    Path(path).write_text(json.dumps(read(path) | values))


def spoil(path):
    save_file({name: tensor * 1.001 for name, tensor in load_file(path).items()}, path)


@pytest.fixture
def home(web_runs, model_dir, tmp_path):
    """A run and its base, moved together: where the run says that the base was there is nothing."""
    shutil.copytree(web_runs / "lora", tmp_path / "runs/lora")
    shutil.copytree(model_dir, tmp_path / "model")
    change(tmp_path / "runs/lora/train_args.json", base="../../model")
    change(tmp_path / "runs/lora/adapter_config.json", base_model_name_or_path="/gone/model")
    (tmp_path / "runs/lora/MANIFEST.json").unlink()
    return tmp_path


@pytest.fixture
def alike(web_runs):
    """Whether a run answers as the one that it was copied from."""
    expected = load_classifier(web_runs / "lora").logits(TEXTS)

    def check(run, base=None):
        return (load_classifier(run, base=base).logits(TEXTS) == expected).all()

    return check


def test_a_run_notes_where_its_base_lies(web_runs, model_dir):
    record = read(web_runs / "lora/train_args.json")
    assert not Path(record["base"]).is_absolute()
    assert (web_runs / "lora" / record["base"]).resolve() == model_dir.resolve()
    # PEFT reads this, and knows no place but the folder that it is started in.
    named = read(web_runs / "lora/adapter_config.json")["base_model_name_or_path"]
    assert named == str(model_dir.resolve())
    assert "base" not in read(web_runs / "odd/train_args.json")


def test_a_base_that_moved_with_its_run_is_found(home, alike):
    assert alike(home / "runs/lora")
    (home / "link").symlink_to("runs/lora")
    assert alike(home / "link")


def test_another_model_where_the_base_lay_does_no_harm(home, alike, model_dir):
    """A run that was copied: what lies beside the copy is not what lay beside the run."""
    named = home / "runs/lora/adapter_config.json"
    change(named, base_model_name_or_path=str(model_dir))
    spoil(home / "model/model.safetensors")
    assert alike(home / "runs/lora")


def test_a_base_that_is_gone_is_asked_for_and_taken_from_where_it_is(home, alike, command):
    run, base = home / "runs/lora", home / "elsewhere"
    (home / "model").rename(base)
    flags = {
        predict: ["--run", run, *TEXTS],
        eval_command: [run, "--json", "--data", "sample", "--limit", 16],
        export: [run, home / "merged"],
    }
    for module, words in flags.items():
        result = command(module, *words)
        message = f"error: {run}, its base: no model folder /gone/model, and it is not a Hub id "
        assert (result.code, result.err.startswith(message)) == (4, True), result.err
        assert result.err.endswith("(hint: --base DIR names the base, wherever it is now)\n")
        result = command(module, *words, "--base", base)
        assert result.code == 0, result.err
    assert alike(run, str(base))
    assert alike(home / "merged")
    assert "base" not in read(home / "merged/train_args.json")
    assert load_models([run], base=str(base)).keys() == {"lora"}


def test_another_base_is_refused_by_name(home, command):
    spoil(home / "model/model.safetensors")
    for more in ([], ["--base", home / "model"]):
        result = command(predict, "--run", home / "runs/lora", "hi", *more)
        message = "model is not the model that the adapter was trained on (hint: --base DIR"
        assert (result.code, message in result.err) == (4, True)


def split(folder):
    """Put the weights of a folder into two shards with an index; returns their hash."""
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    table = {name: f"model-0000{1 + i % 2}-of-00002.safetensors" for i, name in enumerate(names)}
    for file in set(table.values()):
        save_file({n: tensors[n] for n in names if table[n] == file}, folder / file)
    (folder / INDEX).write_text(json.dumps({"weight_map": table}))
    return sha256(weight_files(folder))


def test_other_weights_beside_the_base_change_nothing(home, alike):
    """Whatever else is downloaded into the folder, what the adapter was trained on is read."""
    run, base = home / "runs/lora", home / "model"
    zeros = {n: torch.zeros_like(t) for n, t in load_file(base / "model.safetensors").items()}
    save_file(zeros, base / "model.fp16.safetensors")
    (base / "pytorch_model.bin").write_bytes(b"a pickle")
    assert alike(run)
    save_file(zeros, base / "model-00001-of-00001.safetensors")
    table = dict.fromkeys(zeros, "model-00001-of-00001.safetensors")
    (base / INDEX).write_text(json.dumps({"weight_map": table}))
    assert alike(run)
    for name in (INDEX, "model-00001-of-00001.safetensors"):
        (base / name).unlink()
    change(run / "train_args.json", model_sha256=split(base))
    assert alike(run)
    save_file(zeros, base / "model.safetensors")
    assert alike(run)


def test_a_configuration_that_is_edited_later_changes_nothing(home, alike):
    change(home / "model/config.json", layer_norm_eps=0.5, id2label={"0": "a", "1": "b"})
    assert alike(home / "runs/lora")
    (home / "model/config.json").write_text("{")
    assert alike(home / "runs/lora")


def test_an_edited_configuration_without_a_record_is_read_as_it_is(home, alike):
    """As PEFT leaves a folder: nothing there says what the base was."""
    run = home / "runs/lora"
    change(run / "adapter_config.json", base_model_name_or_path=str(home / "model"))
    (run / "train_args.json").unlink()
    (run / "config.json").unlink()
    change(home / "model/config.json", layer_norm_eps=0.5)
    assert not alike(run)


def test_a_file_that_changed_is_hashed_again(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    first = sha256([tmp_path / "a"])
    assert first == sha256([tmp_path / "a"]) == hashlib.sha256(b"one").hexdigest()
    (tmp_path / "b").write_bytes(b"two")
    (tmp_path / "b").replace(tmp_path / "a")
    assert sha256([tmp_path / "a"]) == hashlib.sha256(b"two").hexdigest()
