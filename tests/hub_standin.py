"""A stand-in for the Hub's HTTP API on 127.0.0.1, enough for huggingface_hub and datasets to read.

with HubStandIn(datasets={"cardiffnlp/tweet_eval": folder}) as hub:
    hub.fail(r"/cdn/", Fault(cut_after=1000), times=1)
    subprocess.run([...], env={**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": "/tmp/home"})

As on the Hub, weights and tables are sent by another host: `resolve` answers with a redirect, and
with the SHA-256 as their etag; other files come at once, with git's SHA-1.
"""

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

API = re.compile(r"/api/(models|datasets)/([^/]+/[^/]+)(?:/([a-z-]+)/([^/]+)/?(.*))?")
FILE = re.compile(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
CDN = re.compile(r"/cdn/(models|datasets)/([^/]+/[^/]+)/(.+)")
LARGE = (".safetensors", ".parquet", ".bin")


class Fault(NamedTuple):
    """What goes wrong with an answer: another status, a cut connection, silence, a flipped bit."""

    status: int | None = None
    headers: Mapping[str, str] = {}
    cut_after: int | None = None  # bytes of the body
    silent_after: int | None = None
    flip: bool = False


class HubStandIn:
    """Serve each folder as a repository with one revision, until the `with` block ends."""

    def __init__(
        self,
        models: Mapping[str, Path] | None = None,
        datasets: Mapping[str, Path] | None = None,
    ) -> None:
        self.repos = {("models", name): folder for name, folder in (models or {}).items()}
        self.repos |= {("datasets", name): folder for name, folder in (datasets or {}).items()}
        self.requests: list[tuple[str, str]] = []  # (method, path) in the order of arrival
        self.ranges: list[str] = []  # of files that were asked for in part
        self.faults: list[tuple[re.Pattern[str], Fault, list[int]]] = []
        self.closed = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.elsewhere = f"http://localhost:{self.server.server_port}"

    def __enter__(self) -> "HubStandIn":
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def fail(self, pattern: str, fault: Fault, times: int = 1_000_000) -> None:
        """Let the next answers to paths that contain a pattern go wrong."""
        self.faults.append((re.compile(pattern), fault, [times]))

    def next_fault(self, path: str) -> Fault:
        for pattern, fault, times in self.faults:
            if times[0] and pattern.search(path):
                times[0] -= 1
                return fault
        return Fault()

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()

    def commit(self, kind: str, name: str) -> str:
        """Return the 40 hex digits of a repository's revision (`kind` is models or datasets)."""
        entries = [(path, entry["oid"]) for path, entry in _files(self.repos[kind, name]).items()]
        return hashlib.sha1(json.dumps(entries).encode()).hexdigest()


def write_tweet_eval(
    folder: Path,
    splits: Mapping[str, list[tuple[str, int]]],
    config: str = "hate",
    names: tuple[str, ...] = ("non-hate", "hate"),
) -> Path:
    """Write {split: [(text, label id), ...]} in the layout of cardiffnlp/tweet_eval on the Hub."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / config).mkdir(parents=True, exist_ok=True)
    for split, rows in splits.items():
        table = {"text": [text for text, _ in rows], "label": [label for _, label in rows]}
        pq.write_table(pa.table(table), folder / config / f"{split}-00000-of-00001.parquet")
    lines = ["---", "dataset_info:", f"- config_name: {config}", "  features:"]
    lines += ["  - name: text", "    dtype: string", "  - name: label", "    dtype:"]
    lines += ["      class_label:", "        names:"]
    lines += [f"          '{i}': {name}" for i, name in enumerate(names)]
    lines += ["configs:", f"- config_name: {config}", "  data_files:"]
    for split in splits:
        lines += [f"  - split: {split}", f"    path: {config}/{split}-*"]
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]), encoding="utf-8")
    return folder


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    """Return {path in the repository: its entry in a tree listing}."""
    entries = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        oid = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # as git does
        entries[name] = {"type": "file", "path": name, "size": len(content), "oid": oid}
        if path.suffix in LARGE:
            sha256 = hashlib.sha256(content).hexdigest()
            entries[name]["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 134}
    return entries


def _tree(folder: Path, under: str, recursive: bool) -> list[dict[str, Any]]:
    """Return the entries below the path `under`, as the tree endpoint does."""
    files, prefix = _files(folder), f"{under}/" if under else ""
    folders = {p.as_posix() for name in files for p in Path(name).parents if p.name}
    entries = [{"type": "directory", "path": p, "size": 0, "oid": "0" * 40} for p in folders]
    below = [e for e in [*entries, *files.values()] if e["path"].startswith(prefix)]
    return [e for e in below if recursive or "/" not in e["path"].removeprefix(prefix)]


def _handler(hub: HubStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keep-alive, as the Hub's clients expect

        def do_GET(self) -> None:
            hub.requests.append((self.command, self.path))
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if match := API.fullmatch(url.path):
                kind, name, action, revision, path = match.groups()
            elif match := FILE.fullmatch(url.path):
                kind, name, action = "datasets" if match[1] else "models", match[2], "resolve"
                revision, path = match[3], match[4]
            elif match := CDN.fullmatch(url.path):
                (kind, name, path), action, revision = match.groups(), "cdn", None
            self.fault = hub.next_fault(self.path)
            if self.fault.status:
                return self.answer(self.fault.status, b"", self.fault.headers)
            if not match or (kind, name) not in hub.repos:
                return self.answer(401, b"", {"X-Error-Code": "RepoNotFound"})
            folder, commit = hub.repos[kind, name], hub.commit(kind, name)
            if revision not in (None, "main", commit):
                return self.answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
            if action == "resolve":
                return self.file(folder, unquote(path), kind, name, commit)
            if action == "cdn":
                return self.content((folder / unquote(path)).read_bytes(), {})
            if action == "tree":
                recursive = parse_qs(url.query).get("recursive") == ["true"]
                reply: Any = _tree(folder, unquote(path), recursive)
            elif action == "paths-info":
                wanted = parse_qs(body)["paths"]
                reply = [entry for entry in _tree(folder, "", True) if entry["path"] in wanted]
            else:
                siblings = [{"rfilename": path} for path in _files(folder)]
                reply = {"id": name, "sha": commit, "private": False, "siblings": siblings}
            self.answer(200, json.dumps(reply).encode(), {"Content-Type": "application/json"})

        do_HEAD = do_POST = do_GET

        def file(self, folder: Path, path: str, kind: str, name: str, commit: str) -> None:
            entry, headers = _files(folder).get(path), {"X-Repo-Commit": commit}
            if entry is None:
                return self.answer(404, b"", {**headers, "X-Error-Code": "EntryNotFound"})
            if "lfs" in entry:
                headers["X-Linked-Etag"] = f'"{entry["lfs"]["oid"]}"'
                headers["X-Linked-Size"] = str(entry["size"])
                headers["Location"] = f"{hub.elsewhere}/cdn/{kind}/{name}/{quote(path)}"
                return self.answer(302, b"", headers)
            headers["ETag"] = f'"{entry["oid"]}"'
            self.content((folder / path).read_bytes(), headers)

        def content(self, content: bytes, headers: dict[str, str]) -> None:
            status = 200
            if self.fault.flip:
                content = content[:-1] + bytes([content[-1] ^ 1])
            if match := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
                start, end = int(match[1]), int(match[2] or len(content) - 1)
                headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
                content, status = content[start : end + 1], 206
                hub.ranges.append(match[0])
            self.answer(status, content, headers)

        def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            end = next((n for n in (self.fault.cut_after, self.fault.silent_after) if n), None)
            if self.command != "HEAD":
                self.wfile.write(body[:end])
            if end and len(body) > end:
                self.wfile.flush()
                if self.fault.silent_after:
                    hub.closed.wait(120)
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass  # the list of requests is the log

    return Handler
