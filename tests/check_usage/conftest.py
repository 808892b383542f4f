"""A small catalog at a fixed time, and one line to scan a text or a tree with it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from check_usage.catalog import Catalog
from check_usage.cli import main
from check_usage.languages import language_of
from check_usage.tokens import Matcher
from tests.support.uses import used_ids

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(model_id: str, *aliases: str, **fields: Any) -> dict[str, Any]:
    return {"id": model_id, "aliases": list(aliases), "type": "base", "name": model_id, **fields}


# The shape of /models.json, as far as the guard reads it.
EXPORT = {
    "query": "",
    "models": [
        entry("mistral-large-2411", deprecation="2026-05-31T12:00:00Z", replacement="mistral-medium-latest"),
        entry("mistral-medium-2508", deprecation="2026-12-02T12:00:00Z", replacement="mistral-medium-3-5"),
        entry("mistral-small-2506", deprecation="2027-06-30T12:00:00Z", replacement="mistral-small-latest"),
        entry(
            "mistral-medium-2604", "mistral-medium", "mistral-medium-3.5", "mistral-medium-3-5", "mistral-medium-latest"
        ),
        entry("mistral-large-2512", "mistral-large-latest"),
        entry("codestral-2508", "codestral-latest"),
        entry("devstral-2512", missing_since="2026-11-01T09:00:00Z"),
        entry("open-mistral-nemo", "open-mistral-nemo-2407"),
        entry("zai-glm-5-3"),
        entry(
            "ft:ministral-8b-latest:7c1e52d8:20250831:support-bot:0fd630f1",
            type="fine-tuned",
            name="mistral-large-2411",  # somebody's words, and no id
        ),
    ],
}


@pytest.fixture
def catalog() -> Catalog:
    return Catalog.from_export(EXPORT)


@pytest.fixture
def ids_in(catalog: Catalog) -> Callable[[str, str], list[str]]:
    """The ids that a text uses, read as a file of that name."""
    matcher = Matcher(catalog.ids)

    def find(name: str, text: str) -> list[str]:
        language = language_of(Path(name), text.encode())
        assert language is not None, name
        return [token.model_id for token in used_ids(text, language, matcher, name)]

    return find


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "models.json"
    file.write_text(json.dumps(EXPORT))
    return file


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty source tree that is the current directory."""
    root = tmp_path / "tree"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(export: Path, tree: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """The stand-alone form in this process: its exit code and what it printed."""

    def call(*arguments: object, now: str = "2026-11-23T12:00Z") -> tuple[int, str]:
        try:
            code = main(["--catalog", str(export), "--now", now, *map(str, arguments or (".",))])
        except SystemExit as stopped:
            assert isinstance(stopped.code, int)
            code = stopped.code
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call
