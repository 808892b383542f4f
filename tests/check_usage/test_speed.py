"""Files laid out in unusual ways: very long lines, thousands of ids, openers that are never closed. All is found, and
none of it takes long: what is quadratic would hold these tests up for minutes."""

import json

import pytest

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
