"""Running the sandbox from a terminal, with Django or without."""

import argparse
import ipaddress
import signal
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tryon.sandbox.endpoints.json_body import read_object
from tryon.sandbox.errors import RefusedError
from tryon.sandbox.server import KEY, Sandbox
from tryon.sandbox.storage.catalogue import known
from tryon.sandbox.storage.lifetimes import read_lifetime


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, required=True, help="0 takes any free port")
    parser.add_argument("--data", type=Path, help="the folder that keeps files and bill (default: a new one)")
    parser.add_argument("--latency", type=float, default=0.0, help="least seconds that a generation takes")
    parser.add_argument("--key", action="append", help=f"a valid key, repeatable (default: {KEY})")
    parser.add_argument(
        "--lifetime",
        action="append",
        type=lifetime,
        default=[],
        metavar="JSON",
        help="when a model comes and goes, as the control `lifetimes` takes it, repeatable",
    )
    parser.add_argument("--host", default="127.0.0.1", help="anything but loopback opens the controls to all")
    parser.add_argument(
        "--no-words", action="store_true", help="keep of prompts their digests alone: people write them"
    )
    parser.add_argument("--verbose", action="store_true", help="one line for each call")


def lifetime(text: str) -> dict[str, Any]:
    """As the control `lifetimes` takes it. Raises ArgumentTypeError."""
    try:
        fields = read_object(text.encode())
        known(read_lifetime(fields)[0])
    except RefusedError as exc:
        raise argparse.ArgumentTypeError(exc.message) from exc
    return fields


def run(options: dict[str, Any], say: Callable[[str], object]) -> None:
    """Serve until SIGTERM or SIGINT. OSError when the address cannot be had."""
    if options["data"]:
        _serve(options["data"], options, say)
        return
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        _serve(Path(folder), options, say)


def _serve(data: Path, options: dict[str, Any], say: Callable[[str], object]) -> None:
    keys = options["key"] or [KEY]
    enough = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: enough.set())
    with Sandbox(
        data,
        keys=keys,
        latency=options["latency"],
        host=options["host"],
        port=options["port"],
        verbose=options["verbose"],
        lifetimes=options["lifetime"],
        with_words=not options["no_words"],
    ) as sandbox:
        if not _is_loopback(options["host"]):
            say("Everybody who reaches this address can read and turn the controls under /_sandbox/.")
        say(f"Sandbox gateway ready on {sandbox.url} (key {', '.join(keys)})")
        enough.wait()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
