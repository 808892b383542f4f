"""The programs that tests need besides Python: found, or installed where that is possible, or asked for in one sentence.

`make test` runs `python -m tests.support.programs` before the tests: a Chromium and GNU gettext.
"""

import os
import shutil
import subprocess
import sys

CHROMIUM = "chromium-headless-shell"  # Debian's smallest
GETTEXT = "gettext"


def find_chromium() -> str | None:
    """Return the path of a Chromium: the one that CHROMIUM names, else the first on the PATH."""
    named = os.environ.get("CHROMIUM")
    return (
        shutil.which(named)
        if named
        else next(filter(None, map(shutil.which, (CHROMIUM, "chromium", "google-chrome"))), None)
    )


def missing_packages() -> list[str]:
    """Return the Debian packages of the programs that are not there."""
    has_gettext = all(map(shutil.which, ("msgfmt", "msgattrib", "xgettext")))
    return [name for name, has in ((CHROMIUM, find_chromium()), (GETTEXT, has_gettext)) if not has]


def install(packages: list[str]) -> bool:
    """Install packages with apt, where that is allowed. Return whether it worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", "-qq", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            return False
    return True


def main() -> int:
    packages = missing_packages()
    if not packages:
        return 0
    named = os.environ.get("CHROMIUM")
    if named and CHROMIUM in packages:
        sys.stderr.write(f"CHROMIUM={named} is no program: name one, or leave it empty to have one looked for.\n")
        return 1
    sys.stderr.write(f"Installing what the tests need of Debian: {' '.join(packages)} …\n")
    if install(packages) and not missing_packages():
        return 0
    sys.stderr.write(
        f"The tests need programs that are not here (Debian: apt-get install {' '.join(packages)}); "
        "a Chromium elsewhere can be named in the variable CHROMIUM.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
