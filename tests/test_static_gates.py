"""What must not stand in the source at all, whoever writes it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = (".py", ".js", ".tpl", ".html", ".css", ".svg")
PYTHON, SCRIPT, VIEW = (".py",), (".js", ".tpl", ".html", ".svg"), (".tpl", ".html", ".svg")
LOADED = r"<(?:script|link|img|iframe|object|embed|source|video|audio|use|image|form)\b[^>]*"
GATES = {
    "unescaped-template": (VIEW, r"\{\{\s*!", "{{!text}}"),
    "inner-html": (SCRIPT, r"(?:inner|outer)HTML|insertAdjacentHTML", "box.innerHTML = text"),
    "document-write": (SCRIPT, r"document\s*\.\s*write", "document.write(text)"),
    "eval": (CODE, r"(?<![\w.])(?:eval|exec)\s*\(", "x = eval(text)"),
    "function-from-text": (SCRIPT, r"new\s+Function\b", "new Function(text)()"),
    "pickle": (PYTHON, r"\bpickle\s*\.\s*loads?\b|(?:import|from)\s+pickle\b", "pickle.load(f)"),
    "torch-load": (PYTHON, r"\btorch\s*\.\s*load\s*\(", "torch.load(path)"),
    "shell": (PYTHON, r"\bshell\s*=\s*True|\bos\s*\.\s*system\s*\(", "run(text, shell=True)"),
    "debug": (PYTHON, r"\bdebug\s*(?:=\s*True|\(\s*True)", "app.run(debug=True)"),
    "toy-server": (
        PYTHON,
        r"(?m)^\s*(?:from|import)\s+(?:http\.server|wsgiref)\b|from\s+http\s+import.*\bserver\b",
        "from http.server import HTTPServer",
    ),
    "inline-style": (VIEW, r"\sstyle\s*=|<style\b", '<p style="color: red">'),
    "inline-handler": (VIEW, r"""\son[a-z]+\s*=\s*["'\w{]""", '<p onclick="go()">'),
    "inline-script": (VIEW, r"<script\b(?![^>]*\ssrc=)|javascript:", "<script>go()</script>"),
    "foreign-file": (
        VIEW,
        LOADED + r"""(?:src|href|srcset|data|action)\s*=\s*["']?\s*(?:https?:)?//""",
        '<script src="https://cdn.example/x.js">',
    ),
    "foreign-style": ((".css",), r"@import|https?://|url\(\s*[\"']?//", "url(https://x.example/f)"),
    "foreign-request": ((".js",), r"https?://|[\"'`]//", 'fetch("https://x.example/")'),
}


@pytest.fixture(scope="module")
def sources() -> list[Path]:
    """The tracked files that are code, without the tests and the report's drawings."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    left_out = ("tests/", "docs/figures/")
    return [ROOT / n for n in names if n.endswith(CODE) and not n.startswith(left_out)]


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_the_source_holds_none_of_it(sources, gate):
    suffixes, pattern, example = gate
    assert re.search(pattern, example), "the gate would let its own example pass"
    texts = {path: path.read_text(encoding="utf-8") for path in sources if path.suffix in suffixes}
    assert texts
    found = [
        f"{path.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}: {match[0].strip()}"
        for path, text in texts.items()
        for match in re.finditer(pattern, text)
    ]
    assert not found
