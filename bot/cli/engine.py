"""``draper engine``: the engine on its own, for functions in other processes."""

import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Name the words."""
    what = parser.add_subparsers(dest="what", required=True, metavar="what")
    serve = what.add_parser(
        "serve", help="take events and call functions of other processes over HTTP"
    )
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address")
    serve.add_argument("--port", type=int, default=8288)
    serve.add_argument(
        "--dev",
        action="store_true",
        help="without keys, for this machine only, to try things out",
    )
    serve.add_argument(
        "--app-host",
        action="append",
        default=[],
        metavar="NAME",
        help="functions may live on this host, too; may be repeated",
    )
    serve.add_argument(
        "--infer-host",
        action="append",
        default=[],
        metavar="NAME",
        help="functions may have this AI provider asked (step.ai.infer)",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; return the exit status."""
    from bot.cli.until_told import until_told  # noqa: PLC0415 - `--help` is light
    from bot.logs import configure  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415
    from bot.wiring.face import Place, serve  # noqa: PLC0415

    settings = Settings()
    configure(settings.log_level, as_json=settings.log_json)
    hosts = frozenset(args.app_host), frozenset(args.infer_host)
    place = Place(args.host, args.port, args.dev, *hosts)
    until_told(serve(settings, place))
    return 0
