"""Files laid out in unusual ways: very long lines, thousands of ids, openers that are never closed. All is found, and
none of it takes long: what is quadratic would hold these tests up for minutes."""

import json
import sys
from pathlib import Path

import pytest

from check_usage.catalog import Catalog
from check_usage.languages import language_of
from check_usage.tokens import Matcher
from tests.check_usage.conftest import EXPORT
from tests.support.uses import used_ids

OLD = "mistral-large-2411"
PADDING = "x" * 200
MANY = 4000

TEXTS = {
    "one.json": json.dumps([{"model": OLD, "x": PADDING}] * MANY),
    "many.py": "x = [" + f"'{OLD}', '{PADDING}', " * MANY + "]",
    "many.yaml": f"- model: {OLD}\n" * MANY,
    "concatenated.py": "x = [\n" + f"    '{OLD}',\n" * MANY + "]",
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_one_of_thousands_of_ids_in_one_file_is_found(ids_in, name: str):
    assert ids_in(name, TEXTS[name]) == [OLD] * MANY


@pytest.mark.parametrize(
    ("name", "opener"), [("a.sh", "<<EOF{}\n"), ("a.sh", "<<EOF\n"), ("a.js", "return \n"), ("a.py", '\\"\n')]
)
def test_an_id_behind_thousands_of_openers_that_are_never_closed_is_found(ids_in, name: str, opener: str):
    text = "".join(opener.format(number) for number in range(4 * MANY))
    assert ids_in(name, f'{text}\nx="{OLD}"\n') == [OLD]


HOSTS = {
    "one.json": ('{"provider":"azure","x":[{"model":"gpt-4"}]},', '"model":"OLD"'),
    "deep.py": ('def f():\n    return AzureOpenAI(endpoint="https://x.azure.com")\n', '\nMODEL = "OLD"'),
    "long.py": ('ollama = ["', '"]\nmodel = "OLD"'),
}


@pytest.mark.parametrize("name", HOSTS)
def test_thousands_of_ids_among_thousands_of_hosts_take_no_longer_than_their_number_asks(name: str):
    """Twice the text takes about twice the steps; were it quadratic, it would take four times as many."""
    part, use = HOSTS[name]
    body = (part + use.replace("OLD", OLD) + (",\n" if name.endswith("py") else ",")) * 1000
    once, twice = (steps_of(name, body * times) for times in (1, 2))
    assert twice < 3 * once


def steps_of(name: str, text: str) -> int:
    """How many calls Python makes to judge a text: a measure that no busy machine changes."""
    matcher = Matcher(Catalog.from_export(EXPORT).ids)
    language = language_of(Path(name))
    assert language is not None
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        used_ids(text, language, matcher, name)
    finally:
        sys.setprofile(None)
    return calls
