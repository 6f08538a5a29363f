"""Data sets and models from the Hub: downloaded, from the cache, and out of reach.

Each case runs in a process of its own, because the Hub's libraries read their environment when
they are imported.
"""

import fcntl
import json
import os
import pty
import re
import shutil
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hub_standin import Fault, HubStandIn, write_tweet_eval
from huggingface_hub import HfApi

import hub as hub_module

pytest.importorskip("datasets")
ROOT = Path(__file__).parent.parent
DATASET, MODEL = "cardiffnlp/tweet_eval", "google-bert/bert-base-uncased"
OF_A_MODEL = (
    *("config.json", "tokenizer.json", "vocab.txt"),
    *("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
)
WEIGHTS = bytes(range(256)) * 100
ROWS = {
    "train": [("a\u2028b", 1), ("c", 0), ("", 0)],
    "validation": [("d", 0), ("e", 1)],
    "test": [("f", 1), ("g", 0)],
}
LOAD = """
import json, sys
from data import DataError, load_data
from hub import HubError
for source in sys.argv[1:]:
    try:
        data = load_data(source)
        rows = {name: list(zip(s.texts, s.labels)) for name, s in data.splits.items()}
        print(json.dumps([rows, data.label_names, data.revision]))
    except (DataError, HubError) as error:
        print(error)
"""
RESOLVE = """
import sys
from bert_min import resolve_model
from hub import HubError
for source in sys.argv[1:]:
    try:
        print(resolve_model(source))
    except HubError as error:
        print(error)
"""


HEADERS = """
import sys
from data.sources import header_of
for source in sys.argv[1:]:
    print(header_of(source))
"""


class Run:
    """A process that runs `code` on `sources`, with `url` as the Hub and `home` as its cache."""

    def __init__(self, code: str, *sources: str, home: Path, url: str, **env: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
        ours = {"HF_ENDPOINT": url, "HF_HOME": str(home), "PYTHONPATH": str(ROOT), "NO_PROXY": "*"}
        self.start = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *sources],
            env={**kept, **ours, **env},
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def lines(self) -> list[str]:
        """Wait for the end; return the lines printed, one for each source."""
        out, err = self.process.communicate(timeout=60)
        self.seconds = time.monotonic() - self.start
        self.err = err
        assert self.process.returncode == 0, err
        return out.splitlines()

    def data(self) -> Any:
        """Return rows, label names and revision of the only source."""
        (line,) = self.lines()
        assert self.err == ""  # no progress bars and no advice in a log file
        return json.loads(line)


def as_lists(rows: dict[str, list[tuple[str, int]]]) -> dict[str, list[list[Any]]]:
    return {split: [list(row) for row in pairs] for split, pairs in rows.items()}


@pytest.fixture
def hub(tmp_path: Path):
    (tmp_path / "model").mkdir()
    for name in (*OF_A_MODEL, "pytorch_model.bin", "vocab.json"):
        (tmp_path / "model" / name).write_text(f'{{"name": "{name}"}}')
    (tmp_path / "model" / "model.safetensors").write_bytes(WEIGHTS)
    folders = {
        DATASET: write_tweet_eval(tmp_path / "tweets", ROWS),
        "x/reversed": write_tweet_eval(tmp_path / "reversed", ROWS, names=("hate", "normal")),
        "x/two": write_tweet_eval(tmp_path / "two", {k: ROWS[k] for k in ("validation", "test")}),
        "x/files": tmp_path / "files",
    }
    (tmp_path / "files").mkdir()
    for number in range(2):
        rows = [f"{i},text {i},{i % 3}\n" for i in range(30 * number, 30 * number + 30)]
        table = "".join([",tweet,class\n", *rows])
        (tmp_path / "files" / f"train-0000{number}-of-00002.csv").write_text(table)
    (tmp_path / "pickled").mkdir()
    for name in ("config.json", "pytorch_model.bin"):
        shutil.copy(tmp_path / "model" / name, tmp_path / "pickled")
    models = {MODEL: tmp_path / "model", "x/pickled": tmp_path / "pickled"}
    with HubStandIn(models=models, datasets=folders) as standin:
        yield standin


@pytest.fixture(params=["refuses", "is silent", "is no Hub"])
def dead_url(request: pytest.FixtureRequest):
    """A closed port, a server that never answers, and one whose every answer is status 501."""
    if request.param == "is no Hub":
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
    else:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            port = sock.getsockname()[1]
            if request.param == "refuses":
                sock.close()
            yield f"http://127.0.0.1:{port}"


def test_a_data_set_is_downloaded_once_and_then_cached(hub: HubStandIn, tmp_path: Path) -> None:
    first = Run(LOAD, f"{DATASET}:hate", home=tmp_path, url=hub.url).data()
    assert first == [as_lists(ROWS), ["non-hate", "hate"], hub.commit("datasets", DATASET)]
    assert not any("/main" in path for _, path in hub.requests)  # all files of one commit

    hub.server.shutdown()
    hub.server.server_close()  # from here on the Hub is out of reach, told so or not
    sources = (f"{DATASET}:hate", f"{DATASET}:irony")
    told = Run(LOAD, *sources, home=tmp_path, url=hub.url, HF_HUB_OFFLINE="1")
    untold = Run(LOAD, *sources, home=tmp_path, url=hub.url)
    for run, reason in ((told, "HF_HUB_OFFLINE is set"), (untold, "Connection refused")):
        again, other = run.lines()
        assert json.loads(again) == first
        assert run.err == ""
        assert other.startswith(f"cannot reach the Hub for data set {DATASET}: ")
        assert f"{reason}; " in other
        assert "for config 'irony' Available configs in the cache: ['hate']" in other


def test_the_columns_of_a_data_set_are_known_before_it_is_read(hub, tmp_path: Path) -> None:
    sources = (f"{DATASET}:hate", "x/files", "sample")
    found = Run(HEADERS, *sources, home=tmp_path, url=hub.url).lines()
    assert found == ["['text', 'label']", "['Unnamed: 0', 'tweet', 'class']", "[]"]


def test_a_change_on_the_hub_is_seen(hub: HubStandIn, tmp_path: Path) -> None:
    before = Run(LOAD, DATASET, home=tmp_path, url=hub.url).data()
    write_tweet_eval(tmp_path / "tweets", {**ROWS, "test": [("new", 1), ("h", 0)]})
    after = Run(LOAD, DATASET, home=tmp_path, url=hub.url).data()
    assert after[0]["test"] == [["new", 1], ["h", 0]]
    assert after[2] == hub.commit("datasets", DATASET) != before[2]


def test_an_unfit_data_set_is_one_line(hub: HubStandIn, tmp_path: Path) -> None:
    said = {
        "no/such": "data set no/such is not on the Hub, or is private (hint: --model DIR and ",
        f"{DATASET}:irony": f"cannot load data set {DATASET}: BuilderConfig 'irony' not found. "
        "Available: ['hate']",
        "x/two": "x/two has no train split (found: validation, test)",
    }
    lines = Run(LOAD, *said, home=tmp_path, url=hub.url).lines()
    assert len(lines) == len(said)
    for line, expected in zip(lines, said.values(), strict=True):
        assert line.startswith(expected)


def test_several_files_with_columns_of_their_own_are_one_data_set(hub, tmp_path: Path) -> None:
    rows, names, revision = Run(LOAD, "x/files", home=tmp_path, url=hub.url).data()
    assert {split: len(pairs) for split, pairs in rows.items()} == {
        "train": 48,
        "validation": 6,
        "test": 6,
    }
    found = {text: label for pairs in rows.values() for text, label in pairs}
    assert found == {f"text {i}": i % 3 for i in range(60)}
    assert names == ["0", "1", "2"]
    assert revision == hub.commit("datasets", "x/files")


def test_of_two_class_names_the_negative_one_is_first(hub, tmp_path: Path) -> None:
    rows, names, _ = Run(LOAD, "x/reversed:hate", home=tmp_path, url=hub.url).data()
    assert names == ["normal", "hate"]
    assert rows["test"] == [["f", 0], ["g", 1]]


def test_a_hub_out_of_reach_is_told_in_time(dead_url: str, tmp_path: Path) -> None:
    loading = Run(LOAD, f"{DATASET}:hate", home=tmp_path, url=dead_url)
    resolving = Run(RESOLVE, MODEL, home=tmp_path, url=dead_url)
    for run, what in ((loading, f"data set {DATASET}"), (resolving, f"model {MODEL}")):
        (line,) = run.lines()
        assert line.startswith(f"cannot reach the Hub for {what}: ")
        assert line.endswith("make demo needs no Hub)")
        assert run.seconds < 30
    assert loading.err == ""


def test_a_cache_without_weights_is_no_model_without_them(monkeypatch, tmp_path: Path) -> None:
    """Only its tokenizer was fetched once, and the Hub is out of reach now."""
    (tmp_path / "tokenizer.json").write_text("{}")
    offline = (None, ConnectionError("HF_HUB_OFFLINE is set"))
    monkeypatch.setattr(hub_module, "_first_question", lambda *_: offline)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))
    told = "cannot reach the Hub for model x/y: HF_HUB_OFFLINE is set; the cache has no weights"
    with pytest.raises(hub_module.HubError, match=told):
        hub_module.download_model("x/y")


def test_a_name_look_up_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5))
    monkeypatch.setattr(hub_module, "DEADLINE", 0.3)
    start = time.monotonic()
    commit, failure = hub_module.ask_hub(lambda: HfApi().dataset_info(DATASET).sha)
    assert time.monotonic() - start < 3
    assert commit is None
    assert isinstance(failure, TimeoutError)


def test_a_model_is_downloaded_once_and_then_cached(hub: HubStandIn, tmp_path: Path) -> None:
    found, missing = Run(RESOLVE, MODEL, "no/such", home=tmp_path, url=hub.url).lines()
    assert missing.startswith("model no/such is not on the Hub, or is private")
    (pickled,) = Run(RESOLVE, "x/pickled", home=tmp_path, url=hub.url).lines()
    assert "x/pickled has no model in safetensors (hint: save_pretrained(DIR)" in pickled
    assert Path(found).name == hub.commit("models", MODEL)
    names = sorted(path.name for path in Path(found).iterdir())
    assert names == sorted([*OF_A_MODEL, "model.safetensors"])
    assert (Path(found) / "model.safetensors").read_bytes() == WEIGHTS

    hub.server.shutdown()
    hub.server.server_close()
    told = Run(RESOLVE, MODEL, home=tmp_path, url=hub.url, HF_HUB_OFFLINE="1")
    untold = Run(RESOLVE, MODEL, home=tmp_path, url=hub.url)
    assert told.lines() == untold.lines() == [found]


# ---- what goes wrong on the way


SOURCES = ((RESOLVE, MODEL), (LOAD, DATASET))


def outcome(hub: HubStandIn, home: Path) -> str:
    """The one line that asking for the model prints; nothing else may be said."""
    run = Run(RESOLVE, MODEL, home=home, url=hub.url)
    (line,) = run.lines()
    assert run.err == ""
    return line


@pytest.mark.parametrize(
    ("path", "fault", "times"),
    [
        ("/cdn/", Fault(cut_after=1000), 1),
        ("/cdn/", Fault(cut_after=1000), 3),
        ("/api/", Fault(429, {"Retry-After": "1"}), 1),
        ("/api/", Fault(503, {"Retry-After": "1"}), 2),
        ("/cdn/", Fault(429, {"Retry-After": "1"}), 1),
        ("/cdn/", Fault(silent_after=1000), 1),
    ],
)
def test_what_passes_is_waited_for(hub: HubStandIn, tmp_path: Path, path, fault, times) -> None:
    for kind in ("models", "datasets"):
        hub.fail(f"{path}{kind}", fault, times)
    env = {"home": tmp_path, "url": hub.url, "HF_HUB_DOWNLOAD_TIMEOUT": "1"}
    model, data = (Run(code, source, **env) for code, source in SOURCES)
    assert data.data()[0] == as_lists(ROWS)
    (line,) = model.lines()
    assert model.err == ""
    assert (Path(line) / "model.safetensors").read_bytes() == WEIGHTS


def test_a_download_that_was_cut_goes_on_where_it_was(hub: HubStandIn, tmp_path: Path) -> None:
    """The client writes 10 MiB at a time, and asks for the rest."""
    (tmp_path / "model" / "model.safetensors").write_bytes(WEIGHTS * 1000)
    hub.fail("/cdn/", Fault(cut_after=22_000_000), times=1)
    line = outcome(hub, tmp_path)
    assert (Path(line) / "model.safetensors").read_bytes() == WEIGHTS * 1000
    assert hub.ranges == [f"bytes={20 * 2**20}-"]


@pytest.mark.parametrize(
    ("path", "fault", "message"),
    [
        ("/api/", Fault(401), "HTTP status 401"),
        ("/api/", Fault(401, {"X-Error-Code": "RepoNotFound"}), "is private"),
        ("/api/", Fault(403, {"X-Error-Code": "GatedRepo"}), "is given out on request alone"),
        ("/api/", Fault(404, {"X-Error-Code": "RepoNotFound"}), "is private"),
        ("/api/", Fault(429, {"Retry-After": "3600"}), "HTTP status 429"),
        ("/api/", Fault(503), "HTTP status 503"),
        ("/cdn/", Fault(404), "HTTP status 404"),
        ("/cdn/", Fault(503), "HTTP status 503"),
        ("/cdn/", Fault(cut_after=1), ""),
        ("/cdn/", Fault(silent_after=1), ""),
    ],
)
def test_what_does_not_pass_is_one_line(hub: HubStandIn, tmp_path: Path, path, fault, message):
    hub.fail(path, fault)
    env = {"home": tmp_path, "url": hub.url, "HF_HUB_DOWNLOAD_TIMEOUT": "1"}
    runs = {source: Run(code, source, **env) for code, source in SOURCES}
    for source, run in runs.items():
        (line,) = run.lines()
        assert run.err == ""
        assert source in line
        assert message in line
        assert line.endswith("make demo needs no Hub)")
        assert run.seconds < 60


def test_a_file_that_is_not_what_the_hub_lists_is_refused(hub: HubStandIn, tmp_path: Path) -> None:
    """One bit of the weights is another; the size is right, and so the Hub's client takes it."""
    hub.fail("/cdn/", Fault(flip=True), times=1)
    line = outcome(hub, tmp_path)
    found = re.fullmatch(
        rf"model {MODEL}: model.safetensors is not the file that the Hub lists "
        r"\(hint: delete (.*), it .* again\)",
        line,
    )
    assert found
    again = outcome(hub, tmp_path)
    assert again == line  # it stays in the cache
    Path(found[1]).unlink()
    line = outcome(hub, tmp_path)
    assert (Path(line) / "model.safetensors").read_bytes() == WEIGHTS


def test_a_small_file_is_compared_too(hub: HubStandIn, tmp_path: Path) -> None:
    hub.fail("config.json", Fault(flip=True))
    line = outcome(hub, tmp_path)
    assert line.startswith(f"model {MODEL}: config.json is not the file that the Hub lists")


PINNED = """
import sys
from bert_min import resolve_model
from data import load_data
from hub import HubError, commit_of
try:
    model = commit_of(resolve_model("google-bert/bert-base-uncased", sys.argv[1] or None))
    print(model, load_data("cardiffnlp/tweet_eval:hate", None, sys.argv[2] or None).revision)
except HubError as error:
    print(error)
"""


def test_a_revision_is_pinned_online_and_offline(hub: HubStandIn, tmp_path: Path) -> None:
    model, data = hub.commit("models", MODEL), hub.commit("datasets", DATASET)

    def ask(*revisions: str, **env: str) -> str:
        (line,) = Run(PINNED, *revisions, home=tmp_path, url=hub.url, **env).lines()
        return line

    assert ask("", "") == f"{model} {data}"
    assert ask(model, data) == f"{model} {data}"
    assert ask("main", "main") == f"{model} {data}"
    assert ask("v9", "") == f"model {MODEL} has no revision v9 (hint: --revision)"
    assert ask("", "v9") == f"data set {DATASET} has no revision v9 (hint: --data-revision)"
    assert ask(model, data, HF_HUB_OFFLINE="1") == f"{model} {data}"
    assert "cannot reach the Hub" in ask("0" * 40, "", HF_HUB_OFFLINE="1")
    write_tweet_eval(tmp_path / "tweets", {**ROWS, "test": [("new", 1), ("h", 0)]})
    newer = hub.commit("datasets", DATASET)
    assert ask("", "") == f"{model} {newer}"
    line = ask("", data, HF_HUB_OFFLINE="1")
    assert f"the cache holds {newer}, not {data}" in line


LABEL = """
import sys
from pathlib import Path
from experiment.loading import load_classifier
from hub import HubError
try:
    load_classifier(Path(sys.argv[1]))
except HubError as error:
    print(error.exit_code, error)
"""


def test_a_base_that_is_not_to_be_had_names_the_run(hub: HubStandIn, tmp_path: Path) -> None:
    (tmp_path / "runs" / "lora").mkdir(parents=True)
    config = {"peft_type": "LORA", "r": 1, "lora_alpha": 1, "target_modules": ["query"]}
    path = tmp_path / "runs" / "lora" / "adapter_config.json"
    path.write_text(json.dumps({**config, "base_model_name_or_path": "no/such"}))
    (line,) = Run(LABEL, "runs/lora", home=tmp_path, url=hub.url).lines()
    assert line.startswith(
        "4 runs/lora, its base: model no/such is not on the Hub, or is private (hint: --base DIR "
    )


def test_a_person_sees_how_far_the_download_is(hub: HubStandIn, tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
    ours = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", RESOLVE, MODEL],
        env={**kept, **ours, "NO_PROXY": "*"},
        stdout=subprocess.DEVNULL,
        stderr=end,
    )
    os.close(end)
    shown = b""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    assert process.wait() == 0
    assert b"100%" in shown
