"""Write docs/ANALYSIS.md, its figures and the README's results table from a study's records."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from experiment.cli import UsageError, run_command, say

ROOT = Path(__file__).parent.parent.parent
TEMPLATE = Path(__file__).parent / "template.md"
FIELD = re.compile(r"\{\{(.+?)\}\}", re.DOTALL)
BEGIN, END = "<!-- results: python -m study.report -->", "<!-- end of results -->"
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
        help="records that study.__main__ wrote (default: docs/study)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where ANALYSIS.md and figures/ go (default: docs, and the README's table)",
    )
    return parser.parse_args(argv)


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


def with_results(readme: str, results: str) -> str:
    """The README with what stands between its two marks replaced."""
    before, _, rest = readme.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise UsageError(f"the README lacks the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{results}\n{END}{after}"


def main() -> int:
    args = parse_args()
    from study.report.pictures import draw
    from study.report.tables import Tables
    from study.summary import Summary

    summary = Summary(args.records)
    tables = Tables(summary)
    out = args.out or ROOT / "docs"
    out.mkdir(parents=True, exist_ok=True)
    text = fill(TEMPLATE.read_text(encoding="utf-8"), tables.fields())
    (out / "ANALYSIS.md").write_text(text, encoding="utf-8")
    draw(summary, tables, out / "figures")
    if args.out is None:
        readme = ROOT / "README.md"
        filled = with_results(readme.read_text(encoding="utf-8"), tables.readme())
        readme.write_text(filled, encoding="utf-8")
    say(f"wrote {out / 'ANALYSIS.md'} from {len(summary.arms)} arms")
    return 0


if __name__ == "__main__":
    run_command(main)
