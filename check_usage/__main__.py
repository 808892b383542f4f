"""Runs as `python -m check_usage`, and as a directory or zip file that Python does not know to be a package."""

import os
import sys
from importlib import import_module
from types import ModuleType


def package() -> str:
    if __package__:
        return __package__
    here = ModuleType("check_usage")
    here.__path__ = [os.path.dirname(__file__)]  # noqa: PTH120 - inside a zip file there is no Path
    sys.modules["check_usage"] = here
    return "check_usage"


if __name__ == "__main__":
    sys.exit(import_module(f"{package()}.cli").main())
