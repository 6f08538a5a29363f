"""ONNX exports: the answers of the run, in ONNX Runtime, OpenVINO and a browser, or no export."""

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file
from small import FOUR
from tokenizers import Tokenizer
from webserver import make_run

import export
import predict
from bert_min import BertConfig, BertForSequenceClassification, save_tensors
from data import load_data
from experiment import exporting
from experiment.encoding import encode
from experiment.exporting import onnx_logits, write_fp32
from experiment.loading import load_classifier
from experiment.lock import locked
from experiment.rundir import find_runs
from scoring import softmax

ROOT = Path(__file__).parent.parent
NPM = Path(sys.prefix) / "browser/node_modules"  # `make test` fills it, where there is npm
# A student, an adapter, and models of others of two and four classes, whose scores lie far apart.
NAMES = ["odd", "lora", "wild", "wild-4"]
AWKWARD = [
    *("", " ", "I hate you 😀!", "Zoë's naïve café", "İSTANBUL", "你好 world", "über\u0301mut"),
    *("a\u00a0b\u200bc", "#BuildThatWall &amp; @user", "don't! can't?", "x" * 150, "word " * 300),
]


@pytest.fixture(scope="module")
def texts():
    """50 texts: those of the sample, and some that tokenizers tend to read in different ways."""
    return [*load_data("sample").splits["validation"].texts[: 50 - len(AWKWARD)], *AWKWARD]


@pytest.fixture(scope="module")
def runs(web_runs, minilm, tmp_path_factory):
    home = tmp_path_factory.mktemp("others")
    ours = (web_runs / "odd", web_runs / "lora")
    wild = (make_run(home / "2", minilm), make_run(home / "4", minilm, label_names=FOUR))
    return dict(zip(NAMES, (*ours, *wild), strict=True))


@pytest.fixture(scope="module")
def exports(runs, tmp_path_factory):
    """A folder of exports with both files."""
    home = tmp_path_factory.mktemp("exports")
    flags = ["--to", "onnx", "--int8", "--least-agreement", "0"]
    with pytest.MonkeyPatch.context() as patch:
        for name, run in runs.items():
            patch.setattr(sys, "argv", ["export.py", str(run), str(home / name), *flags])
            assert export.main() == 0
    return home


@pytest.fixture
def quickly(monkeypatch, exports):
    """Exports of odd take the graph that is there: to write one takes seconds."""
    files = exports / "odd/onnx"
    monkeypatch.setattr(
        exporting, "write_fp32", lambda model, path: shutil.copy(files / path.name, path)
    )
    monkeypatch.setattr(
        exporting, "write_int8", lambda fp32, path: shutil.copy(files / path.name, path)
    )


def batch_of(rows):
    """Token ids of several lengths as the three inputs."""
    length = max(map(len, rows))
    ids = np.array([[*row] + [0] * (length - len(row)) for row in rows])
    mask = np.array([[1] * len(row) + [0] * (length - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


SHAPES = [[2], [512], [7, 7], [3, 90, 12], [*range(2, 35)]]  # lengths of the texts of a batch


def expected_and_fed(run):
    """The scores of our model for batches of every shape, and what is fed to another for them."""
    model = load_classifier(run).model
    rng = np.random.default_rng(0)
    for lengths in SHAPES:
        fed = batch_of([rng.integers(1000, 30000, n).tolist() for n in lengths])
        with torch.inference_mode():
            logits = model(*(torch.tensor(value) for value in fed.values())).logits.numpy()
        yield softmax(logits), fed


@pytest.mark.parametrize("name", NAMES)
def test_onnx_runtime_gives_our_scores_of_any_number_and_length(runs, exports, name):
    session = onnxruntime.InferenceSession(exports / name / "onnx/model.onnx")
    inputs = {put.name: (put.type, put.shape) for put in session.get_inputs()}
    assert list(inputs) == ["input_ids", "attention_mask", "token_type_ids"]
    assert {*map(str, inputs.values())} == {"('tensor(int64)', ['texts', 'tokens'])"}
    [output] = session.get_outputs()
    assert (output.name, output.shape) == (
        "logits",
        ["texts", 4 if name in ("four", "wild-4") else 2],
    )
    for scores, fed in expected_and_fed(runs[name]):
        assert np.abs(softmax(session.run(None, fed)[0]) - scores).max() <= 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_openvino_gives_our_scores(runs, exports, name):
    openvino = pytest.importorskip("openvino")
    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # else bf16, where the processor has it
    model = openvino.Core().compile_model(exports / name / "onnx/model.onnx", "CPU", exact)
    for scores, fed in expected_and_fed(runs[name]):
        assert np.abs(softmax(model(fed)["logits"]) - scores).max() <= 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_the_code_on_the_card_answers_as_predict_does(runs, exports, texts, name):
    texts = [*texts, "[CLS]", "[SEP] hi [MASK] [PAD]", "dog [UNK] car"]
    check_card(runs[name], exports / name, texts)


def test_the_code_on_the_card_reads_a_tokenizers_own_tokens(
    monkeypatch, command, runs, exports, tmp_path
):
    """Marked as special, as others mark them, the library would cut them up."""
    graph = exports / "wild/onnx/model.onnx"
    monkeypatch.setattr(exporting, "write_fp32", lambda model, path: shutil.copy(graph, path))
    run = shutil.copytree(runs["wild"], tmp_path / "run")
    (run / "MANIFEST.json").unlink(missing_ok=True)
    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    tokenizer.add_special_tokens(["[unused7]"])
    (run / "tokenizer.json").write_text(tokenizer.to_str())
    result = command(export, run, tmp_path / "e", "--to", "onnx")
    assert result.code == 0, result.err
    text = "I hate [unused7] " * 9
    assert load_classifier(run).predict([text])[0].n_tokens == 2 + 3 * 9
    check_card(run, tmp_path / "e", [text])


def check_card(run, folder, texts):
    """What the Python code on an export's card says of texts, beside what `predict.py` does."""
    code = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    asked = f"{code[1]}\nimport json, sys\nprint(json.dumps(classify(json.load(sys.stdin))))"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=folder,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout.splitlines()[-1])
    for prediction, (label, scores) in zip(
        load_classifier(run).predict(texts), answers, strict=True
    ):
        assert label == prediction.label
        assert scores == pytest.approx(prediction.scores, abs=1e-5)


def test_what_is_told_is_what_other_eyes_see(command, quickly, runs, tmp_path):
    result = command(export, runs["odd"], "e", "--to", "onnx", "--int8", "--least-agreement", 0)
    assert result.code == 0, result.err
    fp32, int8 = result.out.splitlines()
    classifier = load_classifier(runs["odd"])
    seen = load_data("sample", 48).splits["validation"].texts
    ids, _ = encode(classifier.tokenizer, seen, classifier.read)
    ours = classifier.logits(seen)
    theirs, small = (
        onnx_logits(tmp_path / line.partition(":")[0], ids, 0) for line in (fp32, int8)
    )
    apart, same = (softmax(theirs) - softmax(ours), small.argmax(1) == ours.argmax(1))
    size = (tmp_path / "e/onnx/model.onnx").stat().st_size
    assert fp32 == (
        f"e/onnx/model.onnx: {size / 1e6:.1f} MB, scores within {np.abs(apart).max():.1e} of the "
        f"run's, on {len(seen)} validation texts of sample"
    )
    assert f", {100 * same.mean():.1f} % of the run's labels, on {len(seen)} validation" in int8
    assert (tmp_path / "e/onnx/model_quantized.onnx").stat().st_size < size / 2
    assert fp32.partition("/")[2] in (tmp_path / "e/README.md").read_text()


def test_scores_that_are_not_ours_are_refused(command, quickly, runs, tmp_path):
    """A run whose head moved by a little, and the graph of before."""
    run = shutil.copytree(runs["odd"], tmp_path / "moved")
    (run / "MANIFEST.json").unlink()
    tensors = load_file(run / "model.safetensors")
    tensors["classifier.bias"][0] += 0.01
    save_tensors(tensors, run / "model.safetensors")
    result = command(export, run, "e", "--to", "onnx")
    assert (result.code, result.out) == (4, "")
    assert re.search(r"error: .*a score by ONNX Runtime is \d\.\de-03 from ours, ", result.err)
    assert [path.name for path in tmp_path.iterdir()] == ["moved"]


def test_int8_that_changes_labels_is_refused_unless_told(
    command, quickly, monkeypatch, runs, tmp_path
):
    def write_opposite(fp32, path):
        graph = onnx.load(fp32)
        last = next(node for node in graph.graph.node if "logits" in node.output)
        last.output[0] = "other"
        graph.graph.node.append(onnx.helper.make_node("Neg", ["other"], ["logits"]))
        onnx.save(graph, path)

    def decide_from(threshold):
        config = json.loads((run / "config.json").read_text())
        config["decision"] |= {"threshold": threshold}
        (run / "config.json").write_text(json.dumps(config))

    monkeypatch.setattr(exporting, "write_int8", write_opposite)
    run = Path(shutil.copytree(runs["odd"], tmp_path / "run"))
    (run / "MANIFEST.json").unlink()
    flags = [run, "e", "--to", "onnx", "--int8"]
    decide_from(0.5)
    result = command(export, *flags)
    assert (result.code, result.out) == (4, "")
    told = f"error: {run}: int8 gives 0.0 % of 48 labels, less than 98 % (hint: "
    assert told in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    result = command(export, *flags, "--least-agreement", 0)
    assert (result.code, "model_quantized.onnx: " in result.out) == (0, True)
    decide_from(0.0)  # the run calls all texts the same, as the opposite does
    assert ", 100.0 % of the run's labels" in command(export, *flags, "--overwrite").out


def test_each_column_has_its_scale_of_7_bits_but_not_after_gelu(exports, runs):
    graph = onnx.load(exports / "odd/onnx/model_quantized.onnx").graph
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    products = [node for node in graph.node if node.op_type == "MatMulInteger"]
    layers = json.loads((runs["odd"] / "config.json").read_text())["num_hidden_layers"]
    assert len(products) == 5 * layers + 2  # query, key, value, output, up; pooler and head
    for _, weights, _, zeros in (node.input for node in products):
        assert tensors[weights].dtype == np.int8
        assert np.abs(tensors[weights]).max() == 64
        assert tensors[zeros].shape == tensors[weights].shape[1:]
    widened = {name for node in graph.node if node.op_type == "Gelu" for name in node.output}
    after = [node.op_type for node in graph.node if widened & {*node.input}]
    assert after == ["MatMul"] * layers


@pytest.mark.parametrize("what", ["no record", "gone"])
def test_a_run_whose_texts_are_out_of_reach_is_compared_on_the_sample(
    command, minilm, tmp_path, what
):
    """A model of others, or a run whose file is gone."""
    run = make_run(tmp_path / "theirs", minilm, layers=1, width=16)
    (run / "train_args.json").unlink()
    if what == "gone":
        record = {"data": "gone.csv", "max_length": 64, "label_names": ["not-hate", "hate"]}
        (run / "train_args.json").write_text(json.dumps(record))
    result = command(export, run, "e", "--to", "onnx")
    assert result.code == 0, result.err
    [line] = [line for line in result.err.splitlines() if "out of reach" in line]
    why = "gone.csv" if what == "gone" else "these runs do not say what they were trained on"
    assert line.startswith(f"{run}: ")
    assert why in line
    assert "hint" not in line
    count = len(load_data("sample").splits["validation"].texts)
    assert f", on {count} validation texts of sample\n" in result.out
    assert "library_name: transformers.js" in (tmp_path / "e/README.md").read_text()


def test_what_exists_stays_unless_told(command, quickly, runs, tmp_path):
    flags = [runs["odd"], "e", "--to", "onnx"]
    with locked(tmp_path / "e"):
        result = command(export, *flags)
    assert (result.code, "e is being written by process" in result.err) == (2, True)
    assert command(export, *flags).code == 0
    before = (tmp_path / "e/train_args.json").read_text()
    result = command(export, *flags)
    assert (result.code, "e exists (hint: --overwrite replaces it, " in result.err) == (2, True)
    assert (tmp_path / "e/train_args.json").read_text() == before
    assert command(export, *flags, "--int8", "--least-agreement", 0, "--overwrite").code == 0
    assert (tmp_path / "e/onnx/model_quantized.onnx").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


def test_a_folder_that_is_no_run_is_not_replaced(command, runs, tmp_path):
    (tmp_path / "e").mkdir()
    for more in ([], ["--overwrite"]):
        result = command(export, runs["odd"], "e", "--to", "onnx", *more)
        assert "error: e is there and is no run" in result.err.replace(f"{tmp_path}/", "")
        assert result.code == (5 if more else 2)
        assert [*tmp_path.rglob("*")] == [tmp_path / "e"]


@pytest.mark.parametrize(("name", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_nothing_behind(runs, tmp_path, name, code):
    """It comes while the graph is written."""
    patched = (
        "import sys, time; from experiment import exporting; from export import *\n"
        "def write_fp32(*_): print('writing', flush=True); time.sleep(60)\n"
        "exporting.write_fp32 = write_fp32; run_command(main)"
    )
    asked = [sys.executable, "-c", patched, str(runs["odd"]), str(tmp_path / "e"), "--to", "onnx"]
    process = subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE)
    with process:
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(name)
    assert process.returncode == code
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--int8"], "--int8 is for --to onnx"),
        (["--to", "onnx", "--least-agreement", "0.9"], "--least-agreement is for --int8"),
        (
            ["--to", "onnx", "--int8", "--least-agreement", "98"],
            "98 must be at least 0 and at most",
        ),
        (["--to", "tflite"], "invalid choice"),
    ],
)
def test_flags_that_do_not_go_together(command, runs, words, told):
    result = command(export, runs["odd"], "e", *words)
    assert (result.code, told in result.err) == (2, True)


@pytest.mark.parametrize("package", ["onnx", "onnxruntime", "onnxscript"])
def test_without_the_extra_packages_one_line_says_how_to_have_them(
    command, monkeypatch, runs, tmp_path, package
):
    monkeypatch.setitem(sys.modules, package, None)
    result = command(export, runs["odd"], "e", "--to", "onnx")
    hint = "(hint: pip install -r requirements-export.txt)"
    assert result.err == f"error: {package} is not installed in this Python {hint}\n"
    assert result.code == 4
    assert not list(tmp_path.iterdir())


def test_an_export_is_no_run_of_ours(command, exports, runs):
    assert find_runs(exports) == []
    result = command(predict, "hi", "--run", exports / "odd")
    assert (result.code, "is for ONNX Runtime (hint: the run" in result.err) == (4, True)


def test_nothing_of_this_machine_is_in_the_graph(exports):
    for file in exports.rglob("*.onnx"):
        assert str(ROOT).encode() not in file.read_bytes()


def test_a_bert_of_other_sizes(tmp_path):
    """A model of four positions, of one token type, whose padding is not token 0."""
    config = BertConfig(
        vocab_size=9, hidden_size=4, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8, max_position_embeddings=4, type_vocab_size=1, pad_token_id=8,
    )  # fmt: skip
    model = BertForSequenceClassification(config).eval()
    write_fp32(model, tmp_path / "m.onnx")
    ids = [[1, 2], [3, 4, 5, 6], [7]]
    found = onnx_logits(tmp_path / "m.onnx", ids, pad_id=8)
    for row, logits in zip(ids, found, strict=True):
        ones = torch.ones(1, len(row), dtype=torch.long)
        assert (
            np.abs(model(torch.tensor([row]), ones).logits.detach().numpy() - logits).max() < 1e-6
        )


def test_the_versions_in_the_document_are_the_pinned_ones():
    document = (ROOT / "docs/ECOSYSTEM.md").read_text()
    pinned = "".join((ROOT / f"requirements-{n}.txt").read_text() for n in ("export", "dev"))
    for name, package in (("ONNX Runtime", "onnxruntime"), ("OpenVINO", "openvino")):
        version = re.search(rf"^{package}==(\S+)", pinned, re.MULTILINE)[1]
        assert f"| {name} | {version} |" in document
    needed = json.loads((ROOT / "tests/browser/package.json").read_text())["dependencies"]
    assert f"in Chromium | {needed['@huggingface/transformers']} |" in document


PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="importmap">
{"imports": {"@huggingface/transformers":
             "/npm/@huggingface/transformers/dist/transformers.min.js"}}
</script>
<script type="module">CODE</script>"""
LOCAL = 'env.backends.onnx.wasm.wasmPaths = "/npm/onnxruntime-web/dist/";'  # else of a CDN


@pytest.fixture(scope="module")
def site(exports, tmp_path_factory):
    """A server on loopback: the exports under models/, the packages from npm under npm/."""
    if not (NPM / "@huggingface/transformers").is_dir():
        pytest.skip("no packages from npm (hint: install npm, then make test)")
    folder = tmp_path_factory.mktemp("site")
    (folder / "models").symlink_to(exports)
    (folder / "npm").symlink_to(NPM)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize(
    ("name", "dtype"), [("lora", "fp32"), ("wild", "fp32"), ("wild-4", "fp32"), ("wild-4", "q8")]
)
def test_the_code_on_the_card_answers_in_a_browser(browser, site, exports, texts, name, dtype):
    """Chromium, offline: no request leaves loopback. Of fp32 the labels are those of the run."""
    folder, url = site
    card = (exports / name / "README.md").read_text()
    brought, code = re.search(r"```js\n(.*?)\n\n(.*?)```", card, re.DOTALL).groups()
    assert 'dtype = "q8";' in code
    code = code.replace('"q8"', f'"{dtype}"')
    code = code.replace('["I hate you", "what a lovely day"]', json.dumps(texts))
    code = re.sub(r"console\.log\((.*)\);", r"window.answer = \1;", code)
    code = f"{brought}\n{LOCAL}\ntry {{ {code} }} catch (error) {{ window.answer = String(error) }}"
    (folder / "page.html").write_text(PAGE.replace("CODE", code), encoding="utf-8")
    context, asked = browser.new_context(), []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url + "page.html")
    page.wait_for_function("window.answer", timeout=60_000)
    answers = page.evaluate("window.answer")
    context.close()
    assert isinstance(answers, list), answers
    assert all(address.startswith(url) for address in asked)
    file = "model_quantized.onnx" if dtype == "q8" else "model.onnx"
    assert f"{url}models/{name}/onnx/{file}" in asked
    check_answers(answers, exports / name, file, texts)


def check_answers(answers, folder, file, texts):
    """The browser's answers beside the run's; the scores of 8 bits beside ONNX Runtime's here."""
    assert len(answers) == len(texts) == 50
    run = Path(json.loads((folder / "train_args.json").read_text())["exported_from"])
    classifier = load_classifier(run)
    expected = classifier.predict(texts)
    spread = np.ptp([prediction.score for prediction in expected])
    assert spread > 0.2 or folder.name == "lora"  # else a text read otherwise is not noticed
    if file == "model.onnx":
        assert [label for label, _ in answers] == [prediction.label for prediction in expected]
        wanted, near = np.array([prediction.scores for prediction in expected]), 1e-4
    else:  # a text's scores depend on the others of its batch: it has one range for all
        ids, _ = encode(classifier.tokenizer, texts, classifier.read)
        session = onnxruntime.InferenceSession(folder / "onnx" / file)
        logits = session.run(None, batch_of([*ids]))[0]
        wanted, near = softmax(logits / classifier.decision.temperature), 0.02
    assert np.abs(np.array([scores for _, scores in answers]) - wanted).max() < near
