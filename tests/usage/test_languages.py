"""What counts as a use, case by case: literals and values, not comments, docstrings and sentences."""

import pytest

from models_ui.usage.languages import language_of

OLD = "mistral-large-2411"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'x = "OLD"'),
        ("a.py", "x = f'{y}', u'OLD'"),
        ("a.py", 'x = """\nmodel: OLD\n"""'),
        ("a.py", 'x = [\n    "OLD"\n]'),
        ("a.py", 'x = \\\n    "OLD"\n'),
        ("a.py", 'x = "# not a comment", "OLD"'),
        ("a.py", 'x = "it\'s", "OLD" # it\'s'),
        ("a.py", 'f("--model OLD --temperature 0 and more words here")'),
        ("a.py", 'f("model=OLD&temperature=0")'),
        ("a.py", 'f("gpt-4o, OLD")'),
        ("a.py", 'x = "{\\"model\\": \\"OLD\\"}"'),
        ("a.py", 'f("/v1/models/OLD/archive")'),
        ("a.py", "f(\"UPDATE bots SET model = 'OLD' WHERE name is null\")"),
        ("a.py", 'x = "mistral/OLD"'),
        ("a.py", 'x = "unclosed\ny = "OLD"'),
        ("a.js", "f(`OLD`, a / b, c / d)"),
        ("a.jsx", '<Chat model="OLD">Don\'t</Chat>'),
        ("a.json", '{"a": ["OLD"]}'),
        ("a.yaml", "model:  OLD"),
        ("a.yaml", 'a: "x # y"\nmodel: OLD'),
        ("a.yaml.j2", "model: OLD"),
        ("a.yaml", "command: [serve, --model, OLD]"),
        ("a.yaml", "env:\n- name: MODEL\n  value: OLD"),
        (".env", "MODEL=OLD"),
        (".env.example", "MODEL='OLD'"),
        ("a.properties", "app.model=OLD"),
        ("a.sh", "MODEL=OLD python app.py"),
        ("a.sh", "deploy OLD"),
        ("Makefile", "run:\n\tllm -m OLD hello"),
        ("Dockerfile.web", "ENV MODEL OLD"),
        ("run", "#!/bin/sh\nllm -m OLD"),
        ("tool", "#!/usr/bin/env python3\nx = 'OLD'"),
        ("a.bat", "set MODEL=OLD"),
        ("a.sh", "MODEL=${MODEL:-OLD}"),
        ("compose.yaml", "environment:\n  - MODEL=${MODEL:-OLD}"),
        ("application.yml", "model: ${app.model:OLD}"),
        ("a.java", '@Value("${mistral.model:OLD}") String model;'),
        ("values.yaml", 'model: {{ .Values.model | default "OLD" }}'),
        ("ci.yml", "model: ${{ inputs.model || 'OLD' }}"),
        ("a.kt", 'val x = """OLD"""'),
        ("a.lua", "x = [[OLD]] -- y"),
        ("a.ps1", "$x = 'OLD'"),
    ],
)
def test_a_use(ids_in, name: str, text: str):
    assert ids_in(name, text.replace("OLD", OLD)) == [OLD]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", '"""OLD"""'),
        ("a.py", 'def f():\n    r"""Calls\n\n    OLD\n    """\n'),
        ("a.py", "x = 1\n'OLD'\n"),
        ("a.py", "# 'OLD'"),
        ("a.py", "x = 1 # 'it' \"OLD\""),
        ("a.py", 'f("We love OLD.")'),
        ("a.py", 'f("OLD is what we love")'),
        ("a.py", 'f("We love OLD, and you?")'),
        ("a.py", 'f("Das Modell „OLD“ gefällt uns")'),
        ("a.py", "f(\"We really do love 'OLD'\")"),
        ("a.py", 'f("src/models/OLD/weights.bin")'),
        ("a.py", 'f("https://docs.example/models/OLD")'),
        ("a.py", 'f("OLD@001")'),
        ("a.py", 'f("mistralai/OLD")'),
        ("a.py", 'f("acme/bot:OLD")'),
        ("a.js", "// 'OLD'"),
        ("a.js", "/** we call\n * 'OLD' */"),
        ("a.jsonc", '// "OLD"'),
        ("a.yaml", "# OLD"),
        ("a.yaml", "a: 1 # OLD"),
        ("a.yaml", "description: We love OLD"),
        ("a.yaml", "description: OLD is great"),
        ("a.yaml", "services:\n  bot:\n    image: OLD"),
        ("a.toml", "# OLD"),
        (".env", "# OLD"),
        (".env", "ABOUT=OLD is great"),
        ("a.sh", "# OLD"),
        ("a.sh", "echo OLD is great"),
        ("a.sh", "cat <<END\nWe love OLD\nEND"),
        ("Dockerfile", "FROM OLD"),
        ("a.sql", "-- 'OLD'"),
        ("a.html", "<p>We love <code>OLD</code></p>"),
        ("a.xml", "<!-- OLD -->"),
        ("a.rs", '/// "OLD"'),
        ("a.php", "# 'OLD'"),
    ],
)
def test_no_use(ids_in, name: str, text: str):
    assert ids_in(name, text.replace("OLD", OLD)) == []


@pytest.mark.parametrize("name", ["a.md", "a.rst", "a.txt", "a.csv", "a.png", "LICENSE", "requirements.txt", "a"])
def test_prose_and_data_have_no_language(name: str):
    from pathlib import PurePath

    assert language_of(PurePath(name)) is None
