"""Write the report of a study's records: docs/ANALYSIS.md and two blocks of the README of those
that are cross-validated, docs/FIVE_SEEDS.md of those by seed, and their figures."""

import argparse
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from experiment.cli import say
from experiment.errors import UsageError, run_command

if TYPE_CHECKING:
    from study.summary import Summary
    from study.verdicts import CrossValidated

ROOT = Path(__file__).parent.parent.parent
FIELD = re.compile(r"\{\{(.+?)\}\}", re.DOTALL)
EXAMPLES = """examples:
  python -m study.report                                   from the records in docs/study
  python -m study.report runs/study/results --out runs/study/report
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m study.report",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "records",
        nargs="?",
        type=Path,
        default=ROOT / "docs" / "study",
        metavar="DIR",
        help="records that python -m study wrote (default: docs/study)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where the pages and figures/ go (default: docs, and the README's blocks)",
    )
    return parser.parse_args(argv)


def fields(source: Any, *modules: ModuleType) -> dict[str, Callable[..., str]]:
    """Functions of words that give text, by the name that a template calls them."""
    return {f.__name__: partial(f, source) for module in modules for f in module.FIELDS}


def seed_fields(summary: "Summary") -> dict[str, Callable[..., str]]:
    from study.report import answers, choice_tables, goal_tables, tables

    return fields(summary, answers, tables, choice_tables, goal_tables)


def cross_fields(studies: "Sequence[CrossValidated]") -> dict[str, Callable[..., str]]:
    from study.report import cross, secondary

    return fields(studies, cross, secondary)


def cross_validated(records: Path) -> "list[CrossValidated]":
    """Those in a folder or under it, the data set with the most runs first."""
    from study.verdicts import CrossValidated

    found = [CrossValidated(path.parent) for path in records.rglob("folds.json")]
    return sorted(found, key=lambda study: (-study.planned, study.name))


def fill(template: str, fields: dict[str, Callable[..., str]]) -> str:
    """Put in place of each {{name argument ...}} what the function of that name returns.

    Raises UsageError for a name that there is not.
    """

    def value(match: re.Match[str]) -> str:
        name, *arguments = match[1].split()
        if name not in fields:
            raise UsageError(f"the template asks for {name!r}, which the report does not know")
        return fields[name](*arguments)

    return FIELD.sub(value, template)


def template(name: str) -> str:
    """The text of a template of this folder, without the newline at its end."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8").removesuffix("\n")


def marks(name: str) -> tuple[str, str]:
    """What stands in the README before and after a block that is written here."""
    return f"<!-- {name}: python -m study.report -->", f"<!-- end of {name} -->"


def with_block(readme: str, name: str, block: str) -> str:
    """The README with what stands between a block's two marks replaced."""
    begin, end = marks(name)
    before, _, rest = readme.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise UsageError(f"the README lacks the marks {begin} and {end}")
    return f"{before}{begin}\n{block}\n{end}{after}"


def write_page(path: Path, name: str, known: dict[str, Callable[..., str]]) -> None:
    path.write_text(fill(template(name), known) + "\n", encoding="utf-8")
    say(f"wrote {path}")


def main() -> int:
    args = parse_args()
    from study.report.pictures import draw
    from study.summary import Summary
    from study.verdicts import forest

    out, studies = args.out or ROOT / "docs", cross_validated(args.records)
    by_seed = not studies or (args.records / "study.json").is_file()
    summary = Summary(args.records) if by_seed else None
    out.mkdir(parents=True, exist_ok=True)
    if studies:
        write_page(out / "ANALYSIS.md", "analysis.md", cross_fields(studies))
        forest(studies, out / "figures" / "answers")
    if summary:
        write_page(out / "FIVE_SEEDS.md", "five_seeds.md", seed_fields(summary))
        draw(summary, out / "figures")
    if studies and args.out is None:
        readme = ROOT / "README.md"
        text = readme.read_text(encoding="utf-8")
        for name in ("answer", "results"):
            text = with_block(text, name, fill(template(f"{name}.md"), cross_fields(studies)))
        readme.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    run_command(main)
