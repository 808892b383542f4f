"""The browser of the browser tests: found, or installed where that is possible, or asked for in one sentence.

`make test` runs `python -m tests.support.chromium` before the tests; they call `find()`.
"""

import os
import shutil
import subprocess
import sys

PACKAGE = "chromium-headless-shell"
NAMES = (PACKAGE, "chromium", "google-chrome")


def find() -> str | None:
    """The path of a Chromium: the one that CHROMIUM names, else the first on the PATH."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def install() -> bool:
    """Debian's smallest Chromium, where we may install it. Whether that worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", PACKAGE]):
        done = subprocess.run(["apt-get", "-qq", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            return False
    return True


def main() -> int:
    if find():
        return 0
    named = os.environ.get("CHROMIUM")
    if named:
        sys.stderr.write(f"CHROMIUM={named} is no program: name one, or leave it empty to have one looked for.\n")
        return 1
    sys.stderr.write(f"No Chromium here: installing Debian's {PACKAGE} …\n")
    if install() and find():
        return 0
    sys.stderr.write(
        f"The browser tests need a Chromium (Debian: apt-get install {PACKAGE}), "
        "or the path of one in the variable CHROMIUM.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
