"""The French catalogue: everything there is to say is in it, said with the same placeholders, and compiled.

Asked of GNU gettext and of the project's own `make messages`, on a copy of the sources.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT
from tests.support.catalogues import CATALOGUE, MARKUP, PLACEHOLDER, messages


def gettext(*command: str | Path) -> str:
    """What a tool of GNU gettext prints, its complaints included."""
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def marked(option: str, catalogue: Path) -> list[str]:
    """The messages that `msgattrib` finds by one of its options, in English."""
    lines = gettext("msgattrib", option, "--no-wrap", catalogue).splitlines()
    return [line.partition("msgid ")[2] for line in lines if line.removeprefix("#~ ").startswith("msgid ")][1:]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue as it is now, compiled."""
    target = tmp_path_factory.mktemp("messages") / "django.mo"
    assert gettext("msgfmt", "--check-format", "-o", target, ROOT / CATALOGUE) == ""
    return target


@pytest.fixture(scope="module")
def spoken(compiled: Path) -> dict[tuple[str, ...], tuple[str, ...]]:
    return messages(compiled)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue after `make messages`, on a copy: with what is new in the sources, and without what is gone."""
    copy = tmp_path_factory.mktemp("sources")
    for each in ("dashboard", "models_ui", "sandbox", "templates", "static", "locale"):
        shutil.copytree(ROOT / each, copy / each, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    command = re.search(r"manage\.py (makemessages .*)", (ROOT / "Makefile").read_text())
    assert command, "the Makefile has no makemessages"
    code = "from django.core.management import execute_from_command_line as run; import sys; run(sys.argv)"
    done = subprocess.run(
        [sys.executable, "-c", code, *shlex.split(command[1])],
        cwd=copy,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return copy / CATALOGUE


def test_the_catalogue_has_every_message_of_the_sources(extracted: Path):
    assert marked("--untranslated", extracted) == []
    assert marked("--only-fuzzy", extracted) == [], "run `make messages`, then translate these"


def test_no_translation_is_a_guess_from_a_similar_message():
    assert marked("--only-fuzzy", ROOT / CATALOGUE) == []


def test_the_catalogue_keeps_no_message_that_no_source_says(extracted: Path):
    assert marked("--only-obsolete", ROOT / CATALOGUE) == []
    assert marked("--only-obsolete", extracted) == [], "run `make messages`"


def test_the_compiled_catalogue_is_fresh(spoken):
    assert messages((ROOT / CATALOGUE).with_suffix(".mo")) == spoken, "run `make messages`"


def test_every_form_is_translated(spoken):
    for english, french in spoken.items():
        assert all(french), english
        assert len(french) == len(english), english


def test_placeholders_and_markup_are_the_same_in_both_languages(spoken):
    for english, french in spoken.items():
        for pattern in (PLACEHOLDER, MARKUP):
            forms = [sorted(pattern.findall(each)) for each in english]
            for number, form in enumerate(french):
                # French says "0 modèle" with the form of one, so that may need the number where English has none.
                allowed = forms if number == 0 else forms[-1:]
                assert sorted(pattern.findall(form)) in allowed, (english, form)


def test_french_typography_is_kept(spoken):
    space = "\u00a0"
    wrong = {
        "a straight apostrophe": r"\w'\w",
        "quotation marks that are not French": r"[“”\"]",
        "a space that may break before : ; ? ! or »": r" (?=[:;?!»])",
        "no space before ; ? ! or »": rf"[^\s{space}](?=[;?!»])",
        "no space before a colon": rf"[^\s{space}]:(?=\s|$)",
        "a space that may break after «": rf"«(?!{space})",
        "three full stops": r"\.\.\.",
        "two spaces": r"\s\s",
        "space around it": r"^\s|\s$",
    }
    for french in spoken.values():
        for form in french:
            text = MARKUP.sub("", form)
            for name, pattern in wrong.items():
                assert not re.search(pattern, text), (name, form)


def test_a_fine_tune_a_role_and_a_token_have_one_word_each(spoken):
    """Where English says it, French says it in its own one way, short forms included."""
    words = {
        r"\bfine-tunes?\b": "affiné",
        r"\btokens?\b": "jeton",
        r"\bManagers?\b": "Gestionnaire",
        r"\bEditors?\b": "Éditeur",
        r"\bAPI key\b": "clé d’API",
        r"\bstops working (itself )?on\b": "cesse",
        r"\bbulk job": "groupée",
    }
    for english, french in spoken.items():
        message = PLACEHOLDER.sub("", english[-1])
        for word, translated in words.items():
            if re.search(word, message, re.IGNORECASE):
                assert translated.lower() in french[-1].lower(), (english, french)
