"""Every id that Mistral ever listed is known, whatever the catalog has seen, and the catalog's word comes first."""

from datetime import UTC, datetime

import pytest

from check_usage.catalog import Catalog, Model
from check_usage.judge import Judge
from check_usage.known_models import DOCUMENTATION_PAGES, KNOWN_MODELS
from tests.check_usage.conftest import NOW

LISTED = Catalog([Model(model_id="mistral-small-2603", aliases=("mistral-small-latest",))])
OFFERED = {each for model in KNOWN_MODELS if not model.switched_off for each in (model.model_id, *model.aliases)}
RETIRED = sorted(
    {each for model in KNOWN_MODELS if model.switched_off for each in (model.model_id, *model.aliases)} - OFFERED
)


def verdict_of(model_id: str, catalog: Catalog = LISTED):
    return Judge(catalog, now=NOW).verdict(model_id)


def test_all_retired_ids_are_there():
    assert len(KNOWN_MODELS) > 60
    assert {"mistral-tiny", "mistral-small", "open-codestral-mamba", "open-mistral-7b"} <= set(RETIRED)


@pytest.mark.parametrize("model_id", RETIRED)
def test_a_retired_id_is_found_in_code_although_the_catalog_never_saw_it(model_id: str, tree, run, export):
    (tree / "a.py").write_text(f"reply = client.chat.complete(model={model_id!r})\n")
    (tree / "b.yaml").write_text(f"llm:\n  model: {model_id}\n")
    (tree / "c.env").write_text(f"MISTRAL_MODEL={model_id}\n")
    export.write_text('{"models": [{"id": "mistral-small-2603", "aliases": []}]}')
    code, printed = run()
    assert code == 1
    assert printed.count(f"error: {model_id} ") == 3
    assert printed.count(" was switched off on 202") >= 3


def test_mistral_medium_and_small_are_told_apart_by_what_the_catalog_lists():
    assert verdict_of("mistral-small").message == (
        "mistral-small (which was open-mixtral-8x7b) was switched off on 2025-03-30. Replacement: mistral-small-2603."
    )
    today = Catalog([Model(model_id="mistral-medium-3-5", aliases=("mistral-medium", "mistral-small"))])
    assert verdict_of("mistral-medium", today) is None
    assert verdict_of("mistral-small", today) is None


def test_an_id_in_the_catalog_hides_what_is_known_of_it():
    ends = datetime(2027, 1, 31, 12, tzinfo=UTC)
    later = Catalog([Model(model_id="mistral-large-2411", deprecation=ends)])
    assert verdict_of("mistral-large-2411", later).rule.name == "retiring"


@pytest.mark.parametrize("model_id", sorted(OFFERED - {"mistral-small-2603"}))
def test_a_model_that_mistral_offers_and_the_catalog_lacks_is_a_warning_and_not_unknown(model_id: str):
    verdict = verdict_of(model_id)
    assert (verdict.rule.name, verdict.level) in {("unlisted", "warning"), ("floating", "warning")}


def test_an_end_that_only_the_documentation_names_is_a_warning():
    catalog = Catalog([Model(model_id="mistral-ocr-4-0"), Model(model_id="mistral-ocr-4-1")])
    verdict = verdict_of("mistral-ocr-4-0", catalog)
    assert (verdict.rule.name, verdict.level, verdict.date) == ("announced", "warning", "2026-09-30")
    assert verdict.message == (
        "mistral-ocr-4-0 is still listed, but Mistral's documentation says that it was switched off on 2026-09-30. "
        "Replacement: mistral-ocr-4-1."
    )
    assert verdict_of("mistral-ocr-4-1", catalog) is None


@pytest.mark.parametrize("page", sorted(DOCUMENTATION_PAGES))
def test_a_page_of_the_documentation_is_no_id_and_the_id_is_named(page: str, ids_in):
    assert ids_in("a.py", f'client.chat.complete(model="{page}")') == [page]
    verdict = verdict_of(page)
    assert verdict.rule.name == "unknown"
    assert f"{page} is the name of a page of Mistral's documentation, and no id. The id is {DOCUMENTATION_PAGES[page]}."
    assert f"The id is {DOCUMENTATION_PAGES[page]}." in verdict.message


def test_a_page_about_a_retired_model_says_so():
    assert verdict_of("mistral-large-2-0-24-07").message.endswith(
        "The id is mistral-large-2407. mistral-large-2407 was switched off on 2025-03-30. "
        "Replacement: mistral-large-2512."
    )


@pytest.mark.parametrize("page", ["mistral-giant-1-27-03", "codestral-5-0-26-11"])
def test_a_name_of_the_documentations_form_is_found_before_anybody_knows_it(page: str, ids_in):
    assert ids_in("a.py", f'MODEL = "{page}"') == [page]


def test_no_page_is_ever_proposed_as_an_id():
    assert "Did you mean" not in verdict_of("mistral-large-3-25-11").message
