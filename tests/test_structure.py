"""The house stays one that can be seen through: who imports whom, and how long a thing is."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# From the ground up: a room or script imports what stands below it, and nothing above or beside.
FLOORS = (
    ("hub",),
    ("bert_min", "lora"),
    ("data",),
    ("distill",),
    ("speed",),
    ("scoring",),
    ("experiment",),
    ("train", "eval", "predict", "export"),
    ("study",),
    ("benchmarks", "deploy", "webapp"),
)
# Said apart, in case somebody moves a floor.
NEVER = {
    "bert_min": ("data", "distill", "lora", "speed"),
    "lora": ("bert_min", "data", "distill", "hub", "speed"),
    "distill": ("speed", "experiment"),
    "scoring": ("experiment", "study"),
}
ONLY = {  # packages that a room may know beside the standard library
    "bert_min": {"torch", "tokenizers", "safetensors", "hub"},
    "lora": {"torch", "safetensors"},
    "distill": {"torch", "numpy", "safetensors", "bert_min", "data"},
    "experiment/settings.py": set(),
}
CORE = ("bert_min", "lora", "distill", "experiment", "webapp")
HEIGHT = {name: height for height, floor in enumerate(FLOORS) for name in floor}


@cache
def sources() -> dict[str, ast.Module]:
    """Every Python file but the tests and the sample's templates, read."""
    names = [str(path.relative_to(ROOT)) for path in ROOT.glob("*.py")]
    for room in HEIGHT:
        names += [str(path.relative_to(ROOT)) for path in (ROOT / room).rglob("*.py")]
    return {n: ast.parse((ROOT / n).read_text(encoding="utf-8")) for n in sorted(names)}


def imports(name: str) -> set[str]:
    """The dotted names that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(sources()[name]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def room(name: str) -> str:
    return name.removesuffix(".py").split("/")[0]


def functions(name: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(sources()[name]) if isinstance(node, ast.FunctionDef)]


def test_every_file_is_in_a_room():
    assert {room(name) for name in sources()} == set(HEIGHT)
    listed = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f'"{name}"' in listed for name in HEIGHT), "mypy does not see all of them"


@pytest.mark.parametrize("name", HEIGHT)
def test_no_arrow_runs_up(name):
    files = [file for file in sources() if room(file) == name]
    up = [
        f"{file} imports {module}"
        for file in files
        for module in imports(file)
        if (other := module.split(".")[0]) in HEIGHT
        and other != name
        and (HEIGHT[other] >= HEIGHT[name] or other in NEVER.get(name, ()))
    ]
    assert not up


@pytest.mark.parametrize("place", ONLY)
def test_the_core_knows_few_packages(place):
    files = [name for name in sources() if name == place or room(name) == place]
    assert files
    known = ONLY[place] | {room(file) for file in files} | set(sys.stdlib_module_names)
    packages = {module.split(".")[0] for file in files for module in imports(file)}
    assert packages <= known


def test_no_file_imports_itself_by_a_detour():
    files = {name.removesuffix(".py").replace("/", "."): name for name in sources()}
    graph = {
        name: {files[module] for module in imports(name) if module in files} - {name}
        for name in sources()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path, name])
        if name not in done:
            for other in graph[name]:
                visit(other, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("name", sources())
def test_a_function_fits_on_a_screen_and_takes_few_things(name):
    for function in functions(name):
        lines = (function.end_lineno or 0) - function.lineno + 1
        assert lines <= 60 or function.name == "main", f"{function.name} has {lines} lines"
        given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        names = [argument.arg for argument in given if argument.arg not in ("self", "cls")]
        assert len(names) <= 6, f"{function.name} takes {', '.join(names)}"
        assert "args" not in names, f"{function.name} takes flags whole"
        for argument in given:
            written = ast.unparse(argument.annotation) if argument.annotation else ""
            assert "Namespace" not in written, f"{function.name} takes flags whole"


@pytest.mark.parametrize("name", [name for name in sources() if room(name) in CORE])
def test_a_file_of_the_core_is_short(name):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 225


@pytest.mark.parametrize("script", FLOORS[HEIGHT["train"]])
def test_a_script_is_short_and_its_help_imports_nothing_heavy(script):
    assert len((ROOT / f"{script}.py").read_text(encoding="utf-8").splitlines()) <= 200
    code = f"import sys, {script}; print(*(n for n in sys.modules if '.' not in n))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "numpy", "datasets", "matplotlib", "bottle"} & set(found)


def test_the_step_stands_in_one_file_in_its_order():
    """Pad, teacher targets, forward, loss, backward, clip, step, zero the gradients."""
    text = (ROOT / "distill" / "loop.py").read_text(encoding="utf-8")
    words = (
        *("= pad(", ".targets.batch(", "= model(", "distillation_loss("),
        *(".backward()", "clip_grad_norm_(", "optimizer.step()", "optimizer.zero_grad()"),
    )
    places = [text.index(word, text.index("def batch_loss(")) for word in words]
    assert places == sorted(places)
    assert len(text.splitlines()) <= 125
