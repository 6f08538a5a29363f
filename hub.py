"""All that speaks to the Hugging Face Hub: models and data sets, downloaded or from the cache."""

import hashlib
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEADLINE = 8.0  # seconds in which the Hub must answer a first question
PATIENCE = 60.0  # seconds that the Hub may ask us to wait, and how often
ATTEMPTS = 3
GATED = "is given out on request alone: ask on its page on the Hub, then `hf auth login`"
HINT = "(hint: --model DIR and --data DIR read local folders; make demo needs no Hub)"
FILES = ["config.json", "tokenizer.json", "vocab.txt", "*.safetensors", "*.safetensors.index.json"]
FILES += ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"]
KINDS = {"model": (4, "--revision"), "data set": (3, "--data-revision")}  # exit code, flag


class HubError(Exception):
    """A model or data set, which the message names, is not to be had from the Hub or its cache.

    `exit_code` is that of a command that lacks a model, or data.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.exit_code, _ = KINDS[kind]


@contextmanager
def or_a_path(source: str) -> Iterator[None]:
    """Where the Hub does not have what looks like a path, say that it is none here either."""
    try:
        yield
    except HubError as error:
        place = Path(source)
        if re.search(r"\.[A-Za-z]+$", source) or (place.parent.name and place.parent.is_dir()):
            error.args = (f"there is no file or folder {source}; {error}",)
        raise


def download_model(repo_id: str, revision: str | None = None) -> Path:
    """The folder of a model's snapshot, from the cache where the Hub does not answer in time.

    `revision` is a commit, a branch or a tag. Raises HubError, also where a downloaded file is not
    the one that the Hub lists.
    """
    from huggingface_hub import snapshot_download

    _, failure = _first_question("model", repo_id, revision)
    try:
        folder = snapshot_download(
            repo_id,
            revision=revision,
            allow_patterns=FILES,
            local_files_only=failure is not None,
        )
    except Exception as error:
        reason = "" if failure else short_reason(error)
        raise _not_loaded("model", repo_id, failure, reason) from None
    _check_blobs(repo_id, Path(folder))
    if not list(Path(folder).glob("model*.safetensors")):
        if failure:
            raise _not_loaded("model", repo_id, failure, "the cache has no weights of it")
        hint = "(hint: save_pretrained(DIR) of transformers writes some, then --model DIR)"
        raise HubError("model", f"{repo_id} has no model in safetensors {hint}")
    return Path(folder)


def commit_of(folder: Path) -> str | None:
    """The commit of a downloaded snapshot; None for any other folder."""
    return folder.name if folder.parent.name == "snapshots" else None


def load_data_set(repo_id: str, config: str | None, revision: str | None) -> tuple[Any, str]:
    """A `datasets.DatasetDict` and its commit, from the cache where the Hub does not answer.

    `revision` is a commit, a branch or a tag. Raises HubError.
    """
    import datasets
    import huggingface_hub

    commit, failure = _first_question("data set", repo_id, revision)
    _quieten(datasets)
    switches: tuple[Any, Any] = (datasets.config, huggingface_hub.constants)
    before = [module.HF_HUB_OFFLINE for module in switches]
    try:
        for module in switches if failure else ():
            module.HF_HUB_OFFLINE = True  # else each file is asked for again, for minutes
        found = datasets.load_dataset(repo_id, config, revision=commit or revision)
    except Exception as error:
        # Of a data set in the cache, a ValueError names the configurations that there are.
        told = not failure or isinstance(error, ValueError)
        reason = short_reason(error) if told else ""
        raise _not_loaded("data set", repo_id, failure, reason) from None
    finally:
        for module, value in zip(switches, before, strict=True):
            module.HF_HUB_OFFLINE = value
    # The folder in the cache is named after the commit.
    loaded = Path(next(iter(found.values())).cache_files[0]["filename"]).parent.name
    if failure and revision and loaded != revision:  # the cache gives what it has
        reason = f"the cache holds {loaded}, not {revision}"
        raise _not_loaded("data set", repo_id, failure, reason)
    return found, loaded


def _first_question(
    kind: str, repo_id: str, revision: str | None
) -> tuple[str | None, Exception | None]:
    """The commit that the Hub has, or why it cannot be reached; raises HubError if it says no."""
    import huggingface_hub
    from huggingface_hub import errors

    _quieten(huggingface_hub)
    api = huggingface_hub.HfApi()
    info = api.model_info if kind == "model" else api.dataset_info
    commit, failure = ask_hub(lambda: info(repo_id, revision=revision, timeout=DEADLINE).sha)
    if isinstance(failure, errors.GatedRepoError):
        raise HubError(kind, f"{kind} {repo_id} {GATED} {HINT}")
    if isinstance(failure, errors.RepositoryNotFoundError):
        raise HubError(kind, f"{kind} {repo_id} is not on the Hub, or is private {HINT}")
    if isinstance(failure, errors.RevisionNotFoundError):
        hint = f"(hint: {KINDS[kind][1]})"
        raise HubError(kind, f"{kind} {repo_id} has no revision {revision} {hint}")
    return commit, failure


def _quieten(library: Any) -> None:
    if not sys.stderr.isatty():  # progress bars and advice are for a person, not for a log file
        library.utils.disable_progress_bars()
        library.utils.logging.set_verbosity_error()


def _not_loaded(kind: str, repo_id: str, failure: Exception | None, reason: str) -> HubError:
    """What to raise where loading failed, after the Hub's answer or without one (`failure`)."""
    if failure is None:
        return HubError(kind, f"cannot load {kind} {repo_id}: {reason} {HINT}")
    why = "; ".join(filter(None, (short_reason(failure), reason)))
    return HubError(kind, f"cannot reach the Hub for {kind} {repo_id}: {why} {HINT}")


def _check_blobs(repo_id: str, folder: Path) -> None:
    """Compare each cached file with the hash that the Hub gave for it; raises HubError.

    The cache names a file after that hash: SHA-256 of large ones, git's SHA-1 of the others. Where
    a file system knows no links the cache has other names, and nothing is compared.
    """
    for path in sorted(folder.iterdir()):
        blob = path.resolve()
        if not blob.exists():
            reason = f"the cached {path.name} of {folder} is gone (hint: delete {path})"
            raise HubError("model", f"model {repo_id}: {reason}")
        name = {40: "sha1", 64: "sha256"}.get(len(blob.name))
        if name and path.is_symlink() and set(blob.name) <= set("0123456789abcdef"):
            digest = hashlib.new(name, usedforsecurity=False)
            if name == "sha1":
                digest.update(b"blob %d\0" % blob.stat().st_size)
            with open(blob, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            if digest.hexdigest() != blob.name:
                reason = f"{path.name} is not the file that the Hub lists"
                hint = f"(hint: delete {blob}, it is then downloaded again)"
                raise HubError("model", f"model {repo_id}: {reason} {hint}")


def ask_hub(question: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Ask a first, cheap question; returns the answer, or None and why there was none in time.

    Where the Hub is busy and says when to ask again, it is asked again then.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return None, ConnectionError("HF_HUB_OFFLINE is set")
    for _ in range(ATTEMPTS - 1):
        answer, failure = _in_time(question)
        seconds = _wait_asked_for(failure)
        if seconds is None or seconds > PATIENCE:
            return answer, failure
        time.sleep(seconds)
    return _in_time(question)


def _wait_asked_for(failure: Exception | None) -> float | None:
    """Seconds after which a busy Hub wants to be asked again."""
    response = getattr(failure, "response", None)
    if response is None or response.status_code not in (429, 503):
        return None
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return None


def _in_time(question: Callable[[], Any]) -> tuple[Any, Exception | None]:
    answers: list[tuple[Any, Exception | None]] = []

    def ask() -> None:
        try:
            answers.append((question(), None))
        except Exception as error:
            answers.append((None, error))

    # Looking up a host name has no time limit of its own, so it runs beside us and may be left.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    late = TimeoutError(f"no answer in {DEADLINE:.0f} s")
    return answers[0] if answers else (None, late)


def short_reason(error: Exception) -> str:
    """The start of an error's message, on one line."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP status {response.status_code}"
    lines = str(error).strip().split("\n")[:2]
    return " ".join(lines)[:300] or type(error).__name__
