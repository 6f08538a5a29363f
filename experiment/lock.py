"""One process at a time writes a run: a file beside it says which, and since when."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

from experiment.cli import say
from experiment.errors import UsageError
from speed.ranks import rank, world

PATIENCE = 1.0  # seconds in which a file that was just made gets its content


@contextmanager
def locked(out: Path, wait: Callable[[], bool] | None = None) -> Iterator[bool]:
    """Hold the lock of `out`; gives whether another process had to be waited for.

    A lock whose process is gone, on this machine, is taken over. With `wait` a held one is waited
    for, until `wait()` says to give up; without, and with several ranks, UsageError is raised, as
    it is where the wait was given up.
    """
    if rank() > 0:  # of several processes one writes
        yield False
        return
    path = out.parent / f".{out.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    waited = False
    while holder := _take(path):
        who = f"process {holder.get('pid')} on {holder.get('host')} since {holder.get('since')}"
        if wait is None or wait() or world() > 1:
            hint = f"write elsewhere, or rm {path} where that process is gone"
            raise UsageError(f"{out} is being written by {who} (hint: {hint})")
        say(f"waiting for {out}, which is being written by {who}")
        _wait(path, holder, out, wait)
        waited = True
    try:
        yield waited
    finally:
        path.unlink(missing_ok=True)


def _take(path: Path) -> dict[str, Any]:
    """Make the file ours, and return nothing; or the holder, where it is another living one's."""
    about = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "birth": _birth(os.getpid()),
    }
    with _alone_in(path.parent):
        holder = _read(path)
        if _alive(holder):
            return holder
        path.unlink(missing_ok=True)  # what a process left that is gone
        try:
            with open(path, "x", encoding="utf-8") as file:  # fails where it is there: atomic
                file.write(json.dumps(about))
        except FileExistsError:  # another process was quicker
            return _read(path) or about
        except OSError:
            path.unlink(missing_ok=True)  # a full disk: it is ours, and empty
            raise
    return {}


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process at a time: else two find the same stale lock, and one removes the other's new.

    Where the system or the disk cannot lock a folder, nothing is held: Windows, some of NFS.
    """
    handle = None
    with suppress(ImportError, OSError):
        import fcntl  # which Windows has not

        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)  # and with it the lock


def _read(path: Path) -> dict[str, Any]:
    """Who holds a lock; nothing where it is gone, or was never written to its end."""
    for _ in range(10):
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else {}
        except FileNotFoundError:
            return {}
        except ValueError:
            time.sleep(PATIENCE / 10)
    return {}


def _alive(holder: dict[str, Any]) -> bool:
    """Whether a holder may still be at work; of another machine's nothing is known."""
    pid = holder.get("pid")
    if not isinstance(pid, int) or pid < 1:
        return False
    if holder.get("host") != socket.gethostname() or sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)  # asks, and does nothing
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it is there, and another user's
    return holder.get("birth") in (None, _birth(pid))  # else its number was given out again


def _birth(pid: int) -> str | None:
    """When a process began, in ticks since the machine did; None where the system does not say.

    Source: field 22 of /proc/PID/stat, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _wait(path: Path, holder: dict[str, Any], out: Path, give_up: Callable[[], bool]) -> None:
    """Return when the holder is gone, or the wait was given up; show how far it has come."""
    metrics = out.parent / f".{out.name}.partial" / "metrics.jsonl"
    with tqdm(desc=f"waiting for {out}", unit="step", disable=None) as bar:
        while _read(path) == holder and _alive(holder) and not give_up():
            with suppress(OSError):  # it has not begun, or has just ended
                bar.n = metrics.read_text(encoding="utf-8").count('"step"')
            bar.refresh()
            time.sleep(1)
