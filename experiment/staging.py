"""A folder that is put in its place once all of it is written: whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from experiment.rundir import MODEL_FILES, is_run, write_manifest
from speed.ranks import rank

# All that a run directory has by itself; what else lies there is the user's.
OURS = {
    *(name.partition("/")[0] for name in MODEL_FILES),
    *("metrics.jsonl", "results.json", "predictions", "targets", "README.md", "MANIFEST.json"),
}


@contextmanager
def prepared(out: Path) -> Iterator[Path]:
    """Give a folder in which a run is prepared, and put it in its place once all is written.

    It lies beside `out`, so that a rename can finish it. The manifest is written last; an older
    run at `out` stays until then, and stays for good where an error ends the work, or the folder
    holds no model in the end. Files in it that are not a run's stay in any case.
    Raises FileExistsError where `out` is something else than a run.
    """
    out = Path(os.path.realpath(out))  # a rename would put the run in the place of a link to it
    if rank() > 0:  # of several processes one writes
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    if out.exists() and not (out / "train_args.json").is_file():
        hint = "(hint: another folder)"
        raise FileExistsError(f"{out} is there and is no run: it is not replaced {hint}")
    staging, old = (out.parent / f".{out.name}.{word}" for word in ("partial", "old"))
    if old.exists() and not out.exists():  # killed between the two renames below
        os.rename(old, out)
    keep_others(old, out)  # killed after them
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        yield staging
        if is_run(staging):
            write_manifest(staging, MODEL_FILES)
            sync(*staging.rglob("*"), staging)
    except BaseException as error:
        shutil.rmtree(staging, ignore_errors=True)
        if isinstance(error, OSError) and error.errno and not error.filename:
            error.filename = str(out)  # the system does not say what it could not write
        raise
    if not is_run(staging):
        shutil.rmtree(staging)
        return
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        os.rename(out, old)
    os.rename(staging, out)
    sync(out.parent)
    keep_others(old, out)
    shutil.rmtree(old, ignore_errors=True)


def keep_others(old: Path, out: Path) -> None:
    """Move what somebody else put into the folder of a run over to the one that replaces it."""
    others = [path for path in old.glob("*") if path.name not in OURS]
    for path in others:
        if not os.path.lexists(out / path.name):
            os.rename(path, out / path.name)


def check_room(out: Path, size: int) -> None:
    """Raise OSError where the disk of `out` has no room for `size` bytes more."""
    free = shutil.disk_usage(out.parent).free
    if free < size:
        raise OSError(
            f"{out} and its checkpoints need {size / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free "
            "(hint: make room, fewer checkpoints by --keep 1, or another --out)"
        )


def sync(*paths: Path) -> None:
    """Have the disk hold these files, and the names in these folders: a power cut may come."""
    for path in paths:
        for mode in (os.O_RDWR, os.O_RDONLY):  # Windows syncs what is open for writing alone
            try:
                descriptor = os.open(path, mode)
            except OSError:
                continue  # a folder, which Windows does not open at all
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            break
