"""Our runs in other people's tools: pipelines, the Hub's model cards."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from oldest import TEXTS
from transformers import pipeline

import export
from experiment.loading import load_classifier

ROOT = Path(__file__).parent.parent
OLDEST = Path(sys.prefix) / "oldest"  # `make .venv/dev` fills it


@pytest.fixture(scope="module")
def plain(web_runs, tmp_path_factory):
    """A student and a merged LoRA run: folders that any tool can read."""
    merged = tmp_path_factory.mktemp("merged") / "lora"
    before = sys.argv
    sys.argv = ["export", str(web_runs / "lora"), str(merged)]
    try:
        assert export.main() == 0
    finally:
        sys.argv = before
    return {"odd": web_runs / "odd", "lora": merged}


@pytest.mark.parametrize("name", ["odd", "lora"])
def test_a_pipeline_gives_our_labels_and_scores(plain, name):
    answers = pipeline("text-classification", model=str(plain[name]), top_k=None)(TEXTS)
    classifier = load_classifier(plain[name])
    expected = torch.tensor(classifier.logits(TEXTS)).softmax(1)
    for answer, row in zip(answers, expected, strict=True):
        scores = {line["label"]: line["score"] for line in answer}
        assert list(scores) == sorted(scores, key=scores.get, reverse=True)
        for label, score in zip(classifier.label_names, row, strict=True):
            assert scores[label] == pytest.approx(score.item(), abs=1e-5)


@pytest.mark.parametrize("name", ["teacher", "odd", "lora"])
def test_a_model_card_is_one_that_the_hub_reads(web_runs, name):
    card = ModelCard.load(web_runs / name / "README.md")
    results = json.loads((web_runs / name / "results.json").read_text())
    assert card.data.pipeline_tag == "text-classification"
    assert card.data.library_name == ("peft" if name == "lora" else "transformers")
    assert card.data.model_name == name
    found = {(r.dataset_split, r.metric_name): r.metric_value for r in card.data.eval_results}
    for split in ("validation", "test"):
        for metric, ours in (
            ("accuracy", "accuracy"),
            ("macro F1", "macro_f1"),
            ("cross-entropy", "loss"),
        ):
            assert found[split, metric] == round(results[split][ours], 4)
    assert {r.dataset_name for r in card.data.eval_results} == {"sample"}


@pytest.mark.skipif(not OLDEST.is_dir(), reason="make test installs the oldest releases")
def test_the_oldest_releases_promised_read_our_runs_and_we_theirs(plain, web_runs, tmp_path):
    """The versions of requirements-oldest.txt, in a process that has no newer ones."""
    folders = [plain["odd"], plain["lora"], web_runs / "lora", tmp_path / "theirs"]
    done = subprocess.run(
        [sys.executable, ROOT / "tests/oldest.py", *folders],
        env={**os.environ, "PYTHONPATH": str(OLDEST)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    wanted = (ROOT / "requirements-oldest.txt").read_text()
    promised = (ROOT / "docs/ECOSYSTEM.md").read_text()
    for name, version in zip(("transformers", "peft"), found["versions"], strict=True):
        assert f"\n{name}=={version}\n" in wanted
        assert re.search(rf"{name} {re.escape(version)}", promised, re.IGNORECASE)
    ours = dict(
        zip(("odd", "merged", "lora", "theirs"), map(load_classifier, folders), strict=True)
    )
    for name, classifier in ours.items():
        assert np.abs(np.array(found[name]) - classifier.logits(TEXTS)).max() <= 1e-5
    expected = torch.tensor(ours["odd"].logits(TEXTS)).softmax(1)[:, 1].tolist()
    assert [scores["hate"] for scores in found["pipeline"]] == pytest.approx(expected, abs=1e-5)
