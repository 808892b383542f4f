"""`python -m tests.fuzz [--requests 50000] [--seed 7]`: the long form, a process for each role."""

import argparse
import os
import sys

import pytest


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--requests", type=int, default=50_000, help="number of requests, of all roles together")
    parser.add_argument("--seed", type=int, default=0, help="another one asks otherwise")
    options = parser.parse_args()
    os.environ["FUZZ_REQUESTS"] = str(options.requests)
    processes = ["-n", "5"]
    return pytest.main(["-q", "-s", *processes, f"--hypothesis-seed={options.seed}", "tests/fuzz/test_in_process.py"])


if __name__ == "__main__":
    sys.exit(main())
