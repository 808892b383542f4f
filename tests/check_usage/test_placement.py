"""An id that may be an ordinary word counts where a model is named, and not where something else has its name."""

import pytest


@pytest.mark.parametrize("model_id", ["mistral-tiny", "mistral-embed", "codestral-embed", "mistral-ocr-3"])
def test_an_id_that_nothing_else_is_called_by_counts_in_any_value(ids_in, model_id: str):
    assert ids_in("a.py", f'SIZES = {{"{model_id}": 1}}') == [model_id]


@pytest.mark.parametrize("model_id", ["mistral-tiny", "mistral-small", "pixtral-12b", "mistral-medium-3"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'reply = client.chat(model="ID")'),
        ("a.py", 'def ask(model: str = "ID"): ...'),
        ("a.py", 'MODEL = os.getenv("MODEL", "ID")'),
        ("a.py", 'MODELS = [\n    "gpt-4",\n    "ID",\n]'),
        ("a.py", 'if model in ("ID", "x"): ...'),
        ("a.py", 'llm = ChatMistralAI("ID")'),
        ("a.py", 'PRICES = {"ID": 0.25, "mistral-large-2402": 8}'),
        ("a.py", 'from mistralai import Mistral\nx = {"ID": 0.25}'),
        ("a.py", 'PRICES = {\n    "gpt-4o": 5,\n    "ID": 0.25,\n}'),
        ("a.json", '{"claude-3-haiku": 1, "ID": 2}'),
        ("a.py", 'complete("mistral/ID")'),
        ("a.py", 'agent = Agent("mistral:ID")'),
        ("a.ts", "const model = mistral('ID');"),
        ("a.ts", "type ModelId = 'ID' | 'x'"),
        ("a.ts", "const config = { defaultModel: 'ID' };"),
        ("a.json", '{"model": "ID"}'),
        ("a.json", '{"models": ["gpt-4", "ID"]}'),
        ("a.yaml", "model: ID"),
        ("a.yaml", "llm:\n  name: ID"),
        ("a.toml", '[llm]\nmodel = "ID"'),
        ("a.sh", "llm -m ID hello"),
        ("a.sh", "MISTRAL_MODEL=ID"),
        ("a.go", 'req.Model = "ID"'),
        ("a.rb", "chat(model: 'ID')"),
        ("a.kt", 'const val MODEL = "ID"'),
        ("a.xml", "<model>ID</model>"),
        ("Dockerfile", "ARG MODEL=ID"),
        ("Makefile", "MODEL ?= ID"),
        (".env", "CHAT_MODEL=ID"),
        ("main.tf", 'variable "model" {\n  default = "ID"\n}'),
    ],
)
def test_an_ordinary_word_is_an_id_where_a_model_is_named(ids_in, name: str, text: str, model_id: str):
    assert model_id in ids_in(name, text.replace("ID", model_id))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsx", '<div className="mistral-small">'),
        ("a.py", 'logo = "mistral-small"'),
        ("a.py", 'TEAMS = ["mistral-small", "sirocco"]'),
        ("a.yaml", "services:\n  web:\n    container_name: mistral-small"),
        ("a.yaml", "metadata:\n  namespace: mistral-small"),
        ("a.json", '{"branch": "mistral-small"}'),
        ("a.py", 'from mistralai import Mistral\nopen(path="mistral-small")'),
        ("a.py", 'from mistralai import Mistral\ntitle = "mistral-small"'),
    ],
)
def test_an_ordinary_word_beside_something_else_is_that_things_name(ids_in, name: str, text: str):
    assert ids_in(name, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ChatMistralAI(model="mistral-large")', ["mistral-large"]),
        ('complete("mistral/mistral-large")', []),
        ('ChatMistralAI(\n    model="codestral-mamba",\n)', ["codestral-mamba"]),
        ('model = "mistral-large"', []),
        ('TEAMS = ["mistral-large"]', []),
        ('pip("mistral-common")', []),
        ('ChatMistralAI(model="mistral-api-key")', []),
    ],
)
def test_a_word_that_is_no_id_counts_only_where_mistrals_api_is_called_with_it(ids_in, text: str, expected: list[str]):
    assert ids_in("a.py", text) == expected


@pytest.mark.parametrize(
    "word", ["voxtral-mini-transcribe-4", "mistral-embed-v2", "mistral-ocr-custom", "open-mistral"]
)
def test_a_word_that_begins_no_known_id_may_be_a_newer_model(ids_in, word: str):
    assert ids_in("a.py", f'ChatMistralAI(model="{word}")') == []
