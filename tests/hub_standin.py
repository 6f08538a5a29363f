"""A stand-in for the Hub's HTTP API on 127.0.0.1, enough for huggingface_hub and datasets to read.

with HubStandIn(datasets={"cardiffnlp/tweet_eval": folder}) as hub:
    subprocess.run([...], env={**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": "/tmp/home"})
"""

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

API = re.compile(r"/api/(models|datasets)/([^/]+/[^/]+)(?:/([a-z-]+)/([^/]+)/?(.*))?")
FILE = re.compile(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")


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
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "HubStandIn":
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
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
            if not match or (kind, name) not in hub.repos:
                return self.answer(401, b"", {"X-Error-Code": "RepoNotFound"})
            folder, commit = hub.repos[kind, name], hub.commit(kind, name)
            if revision not in (None, "main", commit):
                return self.answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
            if action == "resolve":
                return self.file(folder, unquote(path), commit)
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

        def file(self, folder: Path, path: str, commit: str) -> None:
            entry, headers = _files(folder).get(path), {"X-Repo-Commit": commit}
            if entry is None:
                return self.answer(404, b"", {**headers, "X-Error-Code": "EntryNotFound"})
            content, status = (folder / path).read_bytes(), 200
            headers["ETag"] = f'"{entry["oid"]}"'
            if match := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
                start, end = int(match[1]), int(match[2] or len(content) - 1)
                headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
                content, status = content[start : end + 1], 206
            self.answer(status, content, headers)

        def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass  # the list of requests is the log

    return Handler
