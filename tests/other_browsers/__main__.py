"""`python -m tests.other_browsers firefox|webkit [ADDRESS]`: the main journeys against a demo that `make run` serves."""

import argparse
import sys

from tests.other_browsers.drivers import firefox, webkit
from tests.other_browsers.journeys import JOURNEYS, Page

BROWSERS = {"firefox": firefox, "webkit": webkit}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.other_browsers")
    parser.add_argument("browser", choices=BROWSERS)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000", help="of a demo in English")
    options = parser.parse_args()
    failed = 0
    with BROWSERS[options.browser]() as driver:
        page = Page(driver, options.address)
        for journey in JOURNEYS:
            try:
                journey(page)
            except (AssertionError, RuntimeError, OSError) as problem:
                failed += 1
                print(f"FAILED {journey.__name__}: {problem}")
            else:
                print(f"passed {journey.__name__}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
