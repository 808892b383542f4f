"""`python -m sandbox`: serves a fake of Mistral's Models API until it is told to end."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from sandbox.faults import KINDS, FaultError
from sandbox.routes import DIALECTS
from sandbox.server import Sandbox
from sandbox.sources import SourceError


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A fake of Mistral's Models API on this machine."
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--key", default="sandbox-key", help="the bearer key that is accepted (default: %(default)s)")
    parser.add_argument(
        "--dialect", choices=["both", *sorted(DIALECTS)], default="both", help="whose write routes exist"
    )
    parser.add_argument("--strict", action="store_true", help="reads say no more than the contract does")
    parser.add_argument("--catalog", type=Path, metavar="FILE", help="a recorded list answer to serve as it is")
    parser.add_argument("--models", type=int, default=0, metavar="N", help="add N invented models")
    parser.add_argument("--seed", type=int, default=0, help="what the invented models and the chances depend on")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep changes here, across restarts")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before every operation")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:key=value,...]",
        help=f"an HTTP status or one of: {' '.join(KINDS)}; keys are the fields of sandbox.faults.Fault; repeatable",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        sandbox = Sandbox(
            key=options.key,
            dialects=DIALECTS if options.dialect == "both" else {options.dialect},
            catalog=options.catalog,
            models=options.models,
            seed=options.seed,
            state=options.state,
            strict=options.strict,
            latency=options.latency,
            host=options.host,
            port=options.port,
        )
        for fault in options.fault:
            sandbox.faults.add_text(fault)
        sandbox.start()
    except FaultError as error:
        return _fail(f"--fault: {error}.")
    except (SourceError, ValueError, OverflowError) as error:
        return _fail(str(error))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _fail(f"Port {options.port} is in use. Choose another with --port.")
        return _fail(f"Cannot listen on {options.host} port {options.port}: {error.strerror}.")
    print(f"The sandbox serves {len(sandbox.catalog.listed(0))} entries at {sandbox.url}", flush=True)
    ended.wait()
    sandbox.stop()
    return 0


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
