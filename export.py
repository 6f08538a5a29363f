"""Write a LoRA run as a plain checkpoint, its adapter merged: any Hugging Face tool loads it."""

import argparse
from pathlib import Path

from experiment.cli import UsageError, add_base_flag, run_command, say

EXAMPLES = """examples:
  python export.py runs/lora runs/lora-merged
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a run of --mode lora")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write")
    parser.add_argument("--overwrite", action="store_true", help="replace a run in OUT")
    add_base_flag(parser)
    return parser.parse_args(argv)


def main() -> int:
    args = parse_args()
    if args.out.exists() and not args.overwrite:
        raise UsageError(f"{args.out} exists (hint: --overwrite replaces it)")
    if args.out.resolve() == args.run.resolve():
        raise UsageError("OUT would replace RUN (hint: another OUT)")
    from bert_min import ModelError, save_model
    from experiment.card import model_card
    from experiment.loading import load_run_model, load_tokenizer, naming, trained_length
    from experiment.rundir import prepared, read_json, read_record, read_results, write_json
    from lora import lora_layers, unload_lora

    with naming(args.run):
        model, home = load_run_model(args.run, args.base)
        tokenizer = load_tokenizer(home, trained_length(args.run, model.config), model)
    if not any(True for _ in lora_layers(model)):
        raise UsageError(f"{args.run} has no adapter: it is a plain checkpoint already")
    unload_lora(model)
    record, results = read_record(args.run / "train_args.json"), read_results(args.run)
    with prepared(args.out) as folder:
        save_model(model, folder)
        decision = read_json(args.run / "config.json").get("decision")
        if decision:
            write_json(folder / "config.json", model.config.to_dict() | {"decision": decision})
        tokenizer.save(folder)
        record |= {"out": str(args.out), "merged_from": str(args.run)}
        for name in ("identity", "base"):  # no training ends as this folder, and it has no base
            record.pop(name, None)
        write_json(folder / "train_args.json", record)
        if results:
            results["parameters"] = sum(p.numel() for p in model.parameters())
            write_json(folder / "results.json", results)
            try:
                card = model_card(record, results)
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                raise ModelError(
                    f"{args.run}: no card can be written of its train_args.json and results.json: "
                    f"{error!r}"
                ) from None
            (folder / "README.md").write_text(card, encoding="utf-8")
    say(f"wrote {args.out}")
    return 0


if __name__ == "__main__":
    run_command(main)
