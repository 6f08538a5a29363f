"""Label tables on one machine or many with Ray Data: one classifier a worker, parquet out.

Every column is kept; those of an answer, as predict.py gives it, stand behind them.
"""

import argparse
import os
import shutil
from pathlib import Path
from uuid import uuid4

from data.tables import DataError, kind_of
from experiment.cli import add_base_flag, add_shared_flags, number
from experiment.errors import UsageError, run_command


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.label", description=__doc__)
    add = parser.add_argument
    add("--run", type=Path, required=True, metavar="DIR", help="run directory")
    add("--files", nargs="+", required=True, metavar="F", help="files or folders, also s3://...")
    add("--format", choices=("csv", "jsonl", "parquet"), help="default: by the first name")
    add("--text-column", dest="column", default="text", metavar="NAME", help="default: text")
    add("--out", required=True, metavar="DIR", help="a new folder, also s3://..., for parquet")
    add("--prefix", default="", metavar="P", help="of the names of the answer's columns")
    add("--workers", type=number(int, 1), metavar="N", help="default: one a GPU, or one a machine")
    add("--address", metavar="HOST:PORT", help="of a cluster (default: RAY_ADDRESS, or start one)")
    add_base_flag(parser)
    add_shared_flags(parser, max_length=None)
    args = parser.parse_args(argv)
    args.files = [name if "://" in name else os.path.abspath(name) for name in args.files]
    args.format = args.format or kind_of(Path(args.files[0]))
    if args.format not in ("csv", "jsonl", "parquet"):
        parser.error(f"{args.files[0]} is no .csv, .jsonl or .parquet (hint: --format)")
    return args


def main() -> int:
    args = parse_args()
    import torch
    from pyarrow import fs

    from experiment.agreement import check_int8
    from experiment.cluster import identity, join, label, leave, told
    from experiment.hardware import pick_dtype
    from experiment.loading import load_classifier
    from experiment.signals import end_by_signal

    local = "://" not in args.out
    disk, place = fs.FileSystem.from_uri(os.path.abspath(args.out) if local else args.out)
    if disk.get_file_info(place).type != fs.FileType.NotFound:
        raise UsageError(f"{args.out} exists (hint: another folder)")
    dtype = pick_dtype(args.dtype.replace("fp16", "fp32"), torch.device("cpu"), training=False)
    classifier = load_classifier(args.run, args.max_length, dtype=dtype, base=args.base)
    if dtype == torch.int8:
        check_int8(args.run, classifier, args.least_agreement)
    out = Path(place)
    staging = out.with_name(f".{out.name}.{uuid4().hex[:8]}.partial") if local else None
    flags = dict(vars(args), home=Path.cwd(), names=classifier.label_names, staging=staging)
    try:
        flags |= {"identity": identity(args.run, args.base), **join(flags)}
        end_by_signal()
        bad = flags["bad"] = label(flags)
        if staging:
            staging.rename(out)
        else:
            disk.open_output_stream(f"{place}/_SUCCESS").close()
    except Exception as error:
        raise told(error) from None
    finally:
        leave()
        if staging and "bad" not in flags:  # where the name was taken since, they stay
            shutil.rmtree(staging, ignore_errors=True)
    if bad:
        raise DataError(f"{bad:,} rows could not be read; their answers say why")
    return 0


if __name__ == "__main__":
    run_command(main)
