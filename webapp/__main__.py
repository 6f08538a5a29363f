"""Serve the classifier page and its API."""

import argparse
import re
from pathlib import Path

from experiment.cli import add_base_flag, add_device_flag, add_int8_flags, number
from experiment.errors import UsageError, run_command

EXAMPLES = """examples:
  python -m webapp                                  every run under runs/, else runs/demo/
  python -m webapp --run runs/odd runs/lora         two runs; the first answers by default
  python -m webapp --run runs/odd --port 8080 --threshold 0.7
  python -m webapp --run runs/mine --toxic hate,offensive
"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m webapp",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--run",
        nargs="+",
        type=Path,
        metavar="DIR",
        help="runs, or folders of runs; the first answers (default: runs, or runs/demo where that "
        "holds none, the best first)",
    )
    add_server_flags(parser)
    parser.add_argument(
        "--threshold",
        type=number(float, 0, 1),
        metavar="P",
        help="probability from which a text is called toxic (default: each model's own, "
        "chosen on its validation split; 0.5 and no other with more than two classes)",
    )
    parser.add_argument(
        "--toxic",
        default="",
        metavar="NAME,NAME",
        help="classes that count as toxic (default, and of a run that has none of them: the "
        "positive one of two, of more all but those that say no, none, normal, neutral ...)",
    )
    add_clients_flags(parser)
    add_base_flag(parser)
    add_device_flag(parser)
    add_int8_flags(parser, ("fp32", "int8"))
    args = parser.parse_args(argv)
    if args.threads < args.max_running + 2:
        # Some thread must always be free to answer /healthz and to refuse.
        parser.error(f"--max-running {args.max_running} needs --threads {args.max_running + 2}")
    return args


def add_server_flags(parser: argparse.ArgumentParser) -> None:
    """Flags for where it listens and how much it does at once."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--port",
        type=number(int, 0, 65535),
        default=5000,
        metavar="N",
        help="port to listen on, 0 for any free one (default: 5000)",
    )
    parser.add_argument(
        "--threads",
        type=number(int, 1, 64),
        default=8,
        metavar="N",
        help="requests that are held at once (default: 8)",
    )
    parser.add_argument(
        "--max-running",
        type=number(int, 1, 32),
        default=2,
        metavar="N",
        help="requests that compute at once; twice as many wait, if --threads allows, the rest "
        "gets 503 (default: 2)",
    )


def add_clients_flags(parser: argparse.ArgumentParser) -> None:
    """Flags for other programs and pages that ask this server: docs/WEBAPP.md, PERSPECTIVE.md."""
    parser.add_argument(
        "--attribute",
        action="append",
        default=[],
        metavar="NAME=RUN[:CLASS]",
        help="an attribute of the Perspective route and what answers it, as often as there are "
        "attributes (default: TOXICITY by the first run)",
    )
    parser.add_argument(
        "--languages",
        type=language_codes,
        default=["en"],
        metavar="CODE,CODE",
        help="languages that the Perspective route takes comments in (default: en)",
    )
    parser.add_argument(
        "--prefix",
        type=path_prefix,
        default="",
        metavar="PATH|URL",
        help="the path under which a proxy shows the server, such as /toxic, or the whole address, "
        "such as https://example.org/toxic, for programs that ask for it (default: none)",
    )
    parser.add_argument(
        "--allow-origin",
        type=origin,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a site whose pages may read answers, such as https://example.org, or * for every "
        "one; as often as there are sites (default: none)",
    )


def language_codes(text: str) -> list[str]:
    """An argparse type: codes such as en or hi-Latn, with commas between them."""
    codes = [code.strip() for code in text.split(",")]
    if not all(re.fullmatch(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*", code) for code in codes):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of codes such as en,pt")
    return codes


def origin(text: str) -> str:
    """An argparse type: * or what a browser calls a site, such as https://example.org:8080."""
    site = text.strip().rstrip("/").lower()
    if site != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[a-z0-9._:\[\]-]+", site):
        raise argparse.ArgumentTypeError(f"{text!r} is no site such as https://example.org")
    for scheme, port in (("http", ":80"), ("https", ":443")):
        site = site.removesuffix(port) if site.startswith(f"{scheme}://") else site
    return site


def path_prefix(text: str) -> str:
    """An argparse type: a path that begins with a slash and ends without, or an address."""
    if not re.fullmatch(r"(https?://[A-Za-z0-9.:\[\]-]+)?(/[A-Za-z0-9._~-]+)*/?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no path such as /toxic")
    return text.rstrip("/")


def main() -> int:
    args = parse_args()
    import bottle
    import torch

    from experiment.hardware import pick_device, pick_dtype
    from speed.memory import give_memory_back
    from webapp.app import make_app
    from webapp.models import choose_runs, load_models
    from webapp.server import address, listen, serve
    from webapp.service import Service
    from webapp.words import about

    bottle.debug(False)
    give_memory_back()
    device = pick_device(args.device)
    torch.set_num_threads(max(1, torch.get_num_threads() // args.max_running))
    dtype = pick_dtype(args.dtype, device, training=False)
    least = args.least_agreement
    models = load_models(choose_runs(args.run), device, args.toxic, args.base, dtype, least)
    more = [name for name, model in models.items() if len(model.names) > 2]
    if more and args.threshold is not None:
        raise UsageError(f"--threshold is for two classes, and {more[0]} has more")
    waiting = min(2 * args.max_running, args.threads - args.max_running - 1)
    service = Service(models, args.threshold, args.max_running, waiting)
    app = make_app(service, args.attribute, args.languages)
    place = (args.host, args.port, args.threads)
    server = listen(app, *place, args.prefix, args.allow_origin)
    greeting = f"serving {', '.join(models)} on {address(server)} (Ctrl-C ends it)"
    best = next(iter(models.values()))
    told = about(best) or "its run does not say of what it learnt"
    greeting += f"\n{best.name} answers where no model is chosen: {told}"
    if best.record.get("data_name") == "sample":
        greeting += "\n(make real trains models on real tweets, which read comments better)"
    serve(server, service.gate, greeting)
    return 0


if __name__ == "__main__":
    run_command(main)
