"""One typed line finds what the catalog shows: words, abilities, statuses, types and context lengths."""

import re
import time
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.labels import search_names
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.models import CatalogChange
from tests.alerts.feeds.conftest import entries, fetched, make  # noqa: F401 - a fixture

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOON = NOW + timedelta(days=25)
CHAT, VISION, TOOLS = "completion_chat", "vision", "function_calling"

ROWS = [
    Row(pk=1, model_id="pixtral-12b-2409", capabilities=(CHAT, VISION), max_context_length=131_072, deprecation=SOON),
    Row(pk=2, model_id="mistral-medium-2508", capabilities=(CHAT, TOOLS, VISION), max_context_length=131_072),
    Row(pk=3, model_id="ministral-8b-2512", capabilities=(CHAT, TOOLS), lacks=(VISION,), max_context_length=32_768),
    Row(pk=4, model_id="codestral-2508", capabilities=("computer_use",), max_context_length=256_000),
    Row(
        pk=5,
        model_id="ft:1",
        type="fine-tuned",
        root="pixtral-12b-2409",
        name="Dégâts sur colis",
        capabilities=(VISION,),
    ),
    Row(
        pk=6,
        model_id="ft:2",
        type="fine-tuned",
        root="ministral-8b-2512",
        name="Vision board",
        description="At any risk",
    ),
    Row(pk=7, model_id="ft:3", type="fine-tuned", root="ministral-8b-2512", archived=True, owned_by="Org Éclair"),
    Row(pk=8, model_id="old-2301", missing_since=NOW, capabilities=(VISION,)),
    Row(pk=9, model_id="ft:4", type="fine-tuned", missing_since=NOW, deleted_at=NOW),
]


def indexed(rows: list[Row]) -> CatalogIndex:
    return CatalogIndex.build(rows, now=NOW, names=search_names())


INDEX = indexed(ROWS)


def found(line: str, **filters) -> set[int]:
    return {row.pk for row in INDEX.matches(CatalogQuery(q=line, **filters))}


# --- Words


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("medium", {2}),
        ("mistral 2508", {2}),
        ("degats", {5}),
        ("DÉGÂTS", {5}),
        ("ｃｏｌｉｓ", {5}),
        ("éclair", {7}),
        ('"sur colis"', {5}),
        ('"colis sur"', set()),
        ("colis sur", {5}),
        ("nothing-of-the-kind", set()),
    ],
)
def test_every_word_is_found_anywhere_in_a_models_texts(line: str, keys: set[int]):
    assert found(line) == keys


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("stral -codestral", {2, 3}),
        ("stral –medium", {3, 4}),
        ("-stral -ft", {1, 8}),
        ('-"sur colis" ft', {6, 7, 9}),
    ],
)
def test_a_word_with_a_dash_before_it_leaves_out_what_has_it(line: str, keys: set[int]):
    assert found(line) == keys


@given(
    st.lists(
        st.sampled_from(["stral", "2508", "colis", "ft", "board", "vision", "-tools", "-2512", "≥32k", '"a"', "-e"]),
        max_size=5,
    )
)
def test_a_line_finds_what_each_of_its_terms_finds(terms: list[str]):
    every = {row.pk for row in ROWS}
    assert found(" ".join(terms)) == every.intersection(*map(found, terms))


# --- Names


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("vision", {1, 2, 5, 6, 8}),  # one of them by its name alone
        ("Vision", {1, 2, 5, 6, 8}),
        ('"vision"', {6}),  # text alone
        ("tools", {2, 3}),
        ("outils", {2, 3}),
        ("function calling", {2, 3}),
        ("function-calling", {2, 3}),
        ('"function calling"', {2, 3}),
        ("appel de fonctions", {2, 3}),
        ("computer use", {4}),  # an ability that nobody has named
        ("retiring", {1}),
        ("at risk", {5, 6}),  # one has the two words in a text
        ('"at risk"', {5}),
        ("à risque", {5}),
        ("archivé", {7}),
        ("ARCHIVED", {7}),
        ("disparu", {8}),
        ("fine-tuned", {5, 6, 7, 9}),
        ("fine tunes", {5, 6, 7, 9}),
        ("base", {1, 2, 3, 4, 8}),
    ],
)
def test_a_name_of_an_ability_a_status_or_a_type_finds_what_has_it(line: str, keys: set[int]):
    assert found(line) == keys


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("vision -retiring", {2, 5, 6, 8}),
        ("vision tools", {2}),
        ("ft -vision", {6, 7, 9}),  # what is called Vision does not see
        ("ft -at risk", {6, 7, 9}),
        ("stral -tools", {4}),
        ("base -computer use", {1, 2, 3, 8}),
    ],
)
def test_a_name_with_a_dash_before_it_leaves_out_what_has_the_value(line: str, keys: set[int]):
    assert found(line) == keys


# --- Bounds of the context length


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("≥128k", {1, 2, 4}),
        ("≥ 128k", {1, 2, 4}),
        (">=128k", {1, 2, 4}),
        ("128k+", {1, 2, 4}),
        ("１２８ｋ+", {1, 2, 4}),
        (">128k", {4}),
        ("≤128k", {1, 2, 3}),
        ("<=32k", {3}),
        ("<128k", {3}),
        ("≤ 32k", {3}),
        ("≥32k ≤128k", {1, 2, 3}),
        ("≥0.2M", {4}),
        ("-≥128k stral", {3}),
        ("≥many", set()),
        ("c++", set()),
    ],
)
def test_a_bound_narrows_to_the_models_of_a_context_length(line: str, keys: set[int]):
    assert found(line) == keys


def test_a_bound_in_the_line_is_the_bound_of_the_filter():
    for text in ("32k", "128k", "131072", "131,072", "1M", "256k"):
        assert found(f"≥{text}") == {row.pk for row in INDEX.matches(CatalogQuery.parse(f"context_min={text}")[0])}
        assert found(f"≤{text}") == {row.pk for row in INDEX.matches(CatalogQuery.parse(f"context_max={text}")[0])}


# --- All together


def test_the_line_of_somebody_who_looks_for_a_model_says_what_five_filters_say():
    filters = CatalogQuery.parse("capability=vision&capability=function_calling&context_min=128k")[0]
    expected = {row.pk for row in INDEX.matches(filters) if INDEX.status_of_row(row) != "retiring"}
    assert found("vision tools ≥128k -retiring") == expected == {2}


def test_a_filter_narrows_what_the_line_finds():
    assert found("vision", type=("fine-tuned",), status=("at_risk",)) == {5}


# --- Typos


@pytest.mark.parametrize(
    ("line", "keys", "corrections"),
    [
        ("visoin", {1, 2, 5, 6, 8}, [("visoin", "vision")]),
        ("medum", {2}, [("medum", "medium")]),
        ("minstral-8b", {3}, [("minstral-8b", "ministral-8b")]),
        ("archivés", {7}, [("archives", "archive")]),
        ("functoin calling", {2, 3}, [("functoin calling", "function calling")]),
        ("stral -retirng", {2, 3, 4}, [("retirng", "retiring")]),
        ("old", {8}, []),
        ("lod", set(), []),
        ("2580", set(), []),
        ("ministrall8b", set(), []),
    ],
)
def test_a_word_of_five_letters_that_finds_nothing_is_read_with_one_typo(line, keys, corrections):
    assert found(line) == keys
    assert list(INDEX.read_line(line).corrections) == corrections


def test_a_word_that_finds_something_is_never_read_as_another():
    index = indexed([Row(pk=1, model_id="visoin"), Row(pk=2, model_id="vision-2512")])
    assert [row.pk for row in index.matches(CatalogQuery(q="visoin"))] == [1]


# --- What the page makes of it


def test_words_that_name_a_value_offer_the_filter_with_its_count():
    (offer,) = INDEX.search(CatalogQuery(q="stral vision")).offers
    assert (offer.facet, offer.value, offer.count) == ("capability", "vision", 1)
    assert (offer.query.q, offer.query.capability) == ("stral", ("vision",))
    assert INDEX.search(offer.query).total == offer.count
    assert INDEX.search(offer.query).offers == ()


@pytest.mark.parametrize(
    ("line", "parameters"),
    [
        ("vision", "capability=vision"),
        ("vision tools", "q=tools&capability=vision"),
        ("at risk", "status=at_risk"),
        ("« function calling » stral", "q=stral&capability=function_calling"),
        ("-vision stral", "q=stral&capability_not=vision"),
        ("fine-tuned à risque", "q=%C3%A0+risque&type=fine-tuned"),
    ],
)
def test_an_offer_counts_what_its_query_shows(line: str, parameters: str):
    offer = INDEX.search(CatalogQuery(q=line)).offers[0]
    assert offer.query.serialize() == parameters
    assert INDEX.search(offer.query).total == offer.count


def test_an_offered_status_takes_the_place_of_the_chosen_one():
    assert INDEX.search(CatalogQuery(q="retiring", status=("live", "retiring"))).offers == ()
    (offer,) = INDEX.search(CatalogQuery(q="archived", status=("live",))).offers
    assert (offer.query.status, offer.count) == (("archived",), 1)


def test_whoever_types_gone_is_shown_what_is_gone():
    result = INDEX.search(CatalogQuery(q="gone"))
    assert ([row.pk for row in result.rows], result.hidden) == ([8], 0)
    assert INDEX.as_shown(CatalogQuery(q="gone")) == CatalogQuery(q="gone")
    hidden = INDEX.search(CatalogQuery(q="old"))
    assert (hidden.rows, hidden.hidden) == ((), 1)


def test_the_words_to_mark_are_those_that_were_found():
    assert INDEX.search(CatalogQuery(q="Visoin -medium stral ≥32k")).words == ("vision", "stral")


# --- Hostile lines


@given(st.text(max_size=200) | st.lists(st.sampled_from('-–"« »≥≤<>+ ab1k.,'), max_size=60).map("".join))
@settings(max_examples=300)
def test_no_line_is_too_odd(line: str):
    read = INDEX.read_line(line)
    assert read.rows.bit_count() <= len(ROWS)
    assert INDEX.read_line(read.line_without()).rows == read.rows
    INDEX.search(CatalogQuery(q=line))


@pytest.mark.timed
def test_a_hostile_line_costs_little_in_a_large_catalog():
    rows = [Row(pk=pk, model_id=f"model-{pk}", description="some words " * 10) for pk in range(10_000)]
    index = indexed(rows)
    index.search(CatalogQuery(q="wrods"))  # reads the vocabulary
    for line in (
        "qwxyz " * 33,
        "".join(f"abcd{chr(97 + n % 26)}fgh " for n in range(22)),
        "-" * 200,
        '"' * 200,
        "x" * 200,
    ):
        started = time.perf_counter()
        index.search(CatalogQuery(q=line[:200]))
        assert time.perf_counter() - started < 0.5, line


# --- Feeds


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("vision", "capability.removed"),
        ("-vision", "capability.added"),
        ("live", "deprecation.announced"),
        ("≥128k", "context.changed"),
        ("gone", "model.returned"),
    ],
)
def test_a_feed_narrowed_by_a_name_still_tells_what_left_it(carol, make, synced, line: str, kind: str):  # noqa: F811
    CatalogChange.objects.create(kind=kind, model_id="mistral-embed-2312", at=NOW, subject="vision")
    CatalogChange.objects.create(kind="replacement.changed", model_id="mistral-embed-2312", at=NOW)
    is_matching_otherwise = line in ("-vision", "live")
    assert len(entries(fetched(make(carol, f"q={line}+embed").atom))) == 1 + is_matching_otherwise
    assert len(entries(fetched(make(carol, f"q={line}+codestral").atom))) == 0


# --- Over HTTP


def ids(client: Client, query: str) -> list[str]:
    page = client.get(f"/models/?per_page=100&{query}").content.decode()
    return [unescape(each) for each in re.findall(r'<tr[^>]* data-model-id="([^"]*)"', page)]


@pytest.mark.usefixtures("synced")
def test_vision_finds_every_model_that_has_it(viewer: Client):
    assert set(ids(viewer, "q=vision")) >= set(ids(viewer, "capability=vision")) != set()


@pytest.mark.usefixtures("synced")
def test_one_typed_line_finds_what_filters_find_and_its_address_gives_it_to_a_colleague(viewer: Client):
    by_line = ids(viewer, "q=vision+tools+%E2%89%A5128k+-retiring")
    filters = "capability=vision&capability=function_calling&context_min=128k"
    statuses = "&status=live&status=at_risk&status=past_date&status=archived"
    assert sorted(by_line) == sorted(ids(viewer, filters + statuses)) != []
    exported = viewer.get("/models.json?q=vision+tools+%E2%89%A5128k+-retiring").json()["models"]
    assert sorted(each["id"] for each in exported) == sorted(by_line)


@pytest.mark.usefixtures("synced")
def test_the_page_marks_the_hits_offers_the_filter_and_says_how_a_typo_was_read(viewer: Client):
    page = viewer.get("/models/?q=visoin+tunes").content.decode()
    assert "Nothing has “visoin”, so it was read as “vision”." in page
    page = viewer.get("/models/?q=vision+mistral").content.decode()
    offer = re.search(r'<a class="chip"\s+href="([^"]*)"[^>]*>(.*?)</a>', page.partition("chips offers")[2], re.DOTALL)
    assert offer and " ".join(re.sub("<[^>]*>", "", offer[2]).split()).startswith("Filter: Vision ")
    assert unescape(offer[1]) == "/models/?q=mistral&capability=vision"
    page = viewer.get("/models/?q=SUPPORT+triage").content.decode()
    assert "<mark>Support</mark> <mark>triage</mark>" in page
    assert "<mark>" not in viewer.get("/models/").content.decode()


@pytest.mark.usefixtures("synced")
def test_a_hit_in_an_id_is_marked_across_the_part_that_gives_way(viewer: Client, sandbox):
    tune = next(each for each in sandbox.catalog.fine_tunes() if each.endswith("a170b338"))
    page = viewer.get(f"/models/?q={tune[-14:]}").content.decode()
    assert re.search(rf"<mark>{tune[-14:-9]}</mark></span><mark>{tune[-9:]}</mark></code>", page)


@pytest.mark.usefixtures("synced")
def test_marks_are_filled_into_rows_that_are_kept_for_everybody(viewer: Client):
    plain = viewer.get("/models/?type=base").content.decode()
    marked = viewer.get("/models/?type=base&q=codestral").content.decode()
    assert "<mark>codestral</mark>" in marked
    assert viewer.get("/models/?type=base").content.decode().count("<mark>") == plain.count("<mark>") == 0
