"""The address bar is the state: every query has one address, every address makes some query, nothing is lost unsaid."""

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_ui.catalog.columns import COLUMNS, MOST_COLUMNS
from models_ui.catalog.facets import FACETS
from models_ui.catalog.groups import GROUPINGS
from models_ui.catalog.query import (
    MAX_CONTEXT,
    MAX_PAGE,
    PAGE_SIZES,
    SORTS,
    CatalogQuery,
    parse_tokens,
)
from models_ui.listing.querystring import MAX_TEXT, MAX_VALUES, Ignored

CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"))
SEPARATORS = st.sampled_from(" &=+%;#?/\\,%20%2526&amp;é\u202eٴ日本🜁\ufffd")


def tidy(text: str) -> str:
    return " ".join(text.split())[:MAX_TEXT].strip()


words = st.text(CHARACTERS | SEPARATORS, max_size=MAX_TEXT + 20).map(tidy)
# Upstream may send anything at all as a capability's key or an owner, and a link must still lead to it.
anything = st.text(st.characters(exclude_categories=("Cs",)) | SEPARATORS, min_size=1, max_size=30)
long_values = st.text("a&é", min_size=390, max_size=400)
bounds = st.none() | st.integers(0, MAX_CONTEXT) | st.sampled_from([0, 1, 131_072, MAX_CONTEXT])


def several(values: st.SearchStrategy[str], most: int = 5) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(values, unique=True, max_size=most).map(lambda found: tuple(sorted(found)))


queries = st.builds(
    CatalogQuery,
    q=words,
    context_min=bounds,
    context_max=bounds,
    group=st.sampled_from(["", *GROUPINGS]),
    sort=st.lists(st.sampled_from(SORTS), unique=True).flatmap(
        lambda columns: st.tuples(*(st.sampled_from([column, f"-{column}"]) for column in columns)).map(",".join)
    ),
    columns=st.lists(st.sampled_from(list(COLUMNS)), unique=True, max_size=MOST_COLUMNS).map(",".join),
    per_page=st.sampled_from(PAGE_SIZES),
    page=st.integers(1, MAX_PAGE),
    **{
        name: several(st.sampled_from(facet.fixed_order) if facet.is_closed else anything | long_values)
        for name, facet in FACETS.items()
    },
)


def parse(query_string: str) -> CatalogQuery:
    """The query of an address in which everything is understood."""
    query, ignored = CatalogQuery.parse(query_string)
    assert ignored == ()
    return query


def ignored_in(query_string: str) -> list[tuple[str, str]]:
    return [(each.parameter, each.reason) for each in CatalogQuery.parse(query_string).ignored]


# --- One query, one address


@given(queries)
def test_an_address_leads_back_to_the_query_it_was_made_from(query: CatalogQuery):
    assert parse(query.serialize()) == query


@given(queries, st.randoms())
def test_the_order_of_parameters_and_repeated_values_do_not_matter(query: CatalogQuery, random):
    pairs = query.pairs()
    facets = [pair for pair in pairs if pair[0] in FACETS]
    pairs += random.sample(facets, k=random.randint(0, len(facets)))
    random.shuffle(pairs)
    shuffled = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
    assert parse(shuffled).serialize() == query.serialize()


@given(st.text(st.sampled_from("abq=&+%2 ") | st.characters(), max_size=60))
def test_any_query_string_becomes_a_query_with_a_stable_address(query_string: str):
    query = CatalogQuery.parse(query_string).query
    assert parse(query.serialize()) == query


@given(st.binary(max_size=60))
def test_bytes_that_are_no_text_become_a_query_too(garbage: bytes):
    for query_string in (garbage.decode("latin-1"), garbage.decode("utf-8", "surrogateescape"), quote(garbage)):
        query = CatalogQuery.parse(query_string).query
        assert parse(query.serialize()) == query


KNOWN = ("q", "page", "per_page", "group", "sort", "columns", "move", "context_min", "context_max", *FACETS)
odd_values = st.sampled_from(
    ["1" * 5000, "9" * 30, "-1", "0", "1e3", "٣", "²", "name", "-name", "--name", "live", "25"]
)


@given(st.sampled_from(KNOWN) | st.text("abqz_", min_size=1), odd_values | st.text(CHARACTERS, max_size=500))
@settings(max_examples=200)
def test_a_parameter_changes_the_query_or_is_reported(name: str, value: str):
    query, ignored = CatalogQuery.parse(f"{name}={quote(value)}")
    says_nothing = name in KNOWN and (
        not value.strip() or (name, int_or_none(value)) in {("page", 1), ("per_page", 50)}
    )
    assert (query != CatalogQuery()) + bool(ignored) >= 1 - says_nothing
    assert all(each.parameter == name[:60] for each in ignored)


def int_or_none(text: str) -> int | None:
    return int(text) if text.strip().isascii() and text.strip().isdigit() and len(text) < 9 else None


def test_defaults_are_left_out_of_the_address():
    assert CatalogQuery().serialize() == ""
    assert parse("q=&type=&context_min=&sort=&per_page=50&page=1").serialize() == ""


def test_an_address_reads_like_its_filters():
    query = parse("page=2&capability=vision&capability=completion_chat&sort=-context&q=tickets")
    assert query.serialize() == "q=tickets&capability=completion_chat&capability=vision&sort=-context&page=2"


# --- What is ignored is said


@pytest.mark.parametrize(
    ("query_string", "said"),
    [
        ("colour=red", ("colour", "unknown_parameter")),
        ("colour=", ("colour", "unknown_parameter")),
        ("colour", ("colour", "unknown_parameter")),
        ("sort=price", ("sort", "unknown_value")),
        ("sort=--name", ("sort", "unknown_value")),
        ("sort=-", ("sort", "unknown_value")),
        ("per_page=10", ("per_page", "unknown_value")),
        ("per_page=²", ("per_page", "unknown_value")),
        ("per_page=" + "5" * 5000, ("per_page", "unknown_value")),
        ("page=0", ("page", "not_a_number")),
        ("page=-3", ("page", "not_a_number")),
        ("page=1.5", ("page", "not_a_number")),
        ("page=1000001", ("page", "not_a_number")),
        ("page=" + "1" * 5000, ("page", "not_a_number")),
        ("context_min=lots", ("context_min", "not_a_number")),
        ("context_max=-5", ("context_max", "not_a_number")),
        ("lifecycle=sunset", ("lifecycle", "unknown_value")),
        ("state=gone", ("state", "unknown_value")),
        ("owner=" + "x" * 401, ("owner", "unknown_value")),
        ("q=" + "x" * 201, ("q", "too_long")),
        ("q=a&q=b", ("q", "repeated")),
        ("sort=name&sort=type", ("sort", "repeated")),
    ],
)
def test_a_senseless_parameter_is_reported(query_string: str, said: tuple[str, str]):
    assert ignored_in(query_string) == [said]


def test_a_senseless_parameter_does_not_take_the_rest_along():
    query, ignored = CatalogQuery.parse("sort=price&page=x&q=nemo&state=gone&state=live&colour=red")
    assert query == CatalogQuery(q="nemo", state=("live",))
    assert [each.parameter for each in ignored] == ["sort", "page", "state", "colour"]


def test_too_many_values_keep_the_first_and_say_so():
    query, ignored = CatalogQuery.parse("&".join(f"owner=o{number}" for number in range(MAX_VALUES + 1)))
    assert len(query.owner) == MAX_VALUES
    assert ignored == (Ignored("owner", f"o{MAX_VALUES}", "too_many"),)


def test_too_many_parameters_keep_the_first_and_say_so():
    query, ignored = CatalogQuery.parse("q=nemo&" + "state=live&" * 2000)
    assert query == CatalogQuery(q="nemo", state=("live",))
    assert [each.reason for each in ignored] == ["too_many"]


def test_a_note_about_an_unknown_parameter_can_be_put_on_a_page():
    for name in ("\x00\x1b[31m", "\ud800", "x" * 5000):
        (note,) = CatalogQuery.parse(f"{name}=\ud800\x07y").ignored
        assert (note.parameter + note.value).encode()
        assert len(note.parameter) <= 60
        assert not set(note.parameter + note.value) & {"\x00", "\x1b", "\x07"}


# --- Text


def test_pasted_tabs_and_line_breaks_separate_words():
    assert parse("q=mistral%09large%0A2512").q == "mistral large 2512"
    assert parse("q=++mistral+++large++").q == "mistral large"
    assert parse("q=mis%00tral").q == "mistral"


def test_a_plus_and_a_percent_sign_can_be_searched_for():
    assert parse("q=100%25").q == "100%"
    assert parse("q=a%2Bb").q == "a+b"
    assert parse("q=100%").q == "100%"


def test_text_that_is_too_long_counts_as_far_as_it_goes():
    assert CatalogQuery.parse("q=" + "x" * 300).query.q == "x" * MAX_TEXT


# --- Context lengths as people write them


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        ("131072", 131_072, 131_072),
        ("131,072", 131_072, 131_072),
        ("131.072", 131_072, 131_072),
        ("131 072", 131_072, 131_072),
        ("131\u202f072", 131_072, 131_072),
        ("131\xa0072", 131_072, 131_072),
        ("131'072", 131_072, 131_072),
        ("1,048,576", 1_048_576, 1_048_576),
        ("128k", 128_000, 131_072),
        ("128K", 128_000, 131_072),
        ("128 k", 128_000, 131_072),
        ("256k", 256_000, 262_144),
        ("1M", 1_000_000, 1_048_576),
        ("1m", 1_000_000, 1_048_576),
        ("1.5k", 1_500, 1_536),
        ("1,5k", 1_500, 1_536),
        ("1.001k", 1_001, 1_025),
        ("0.5M", 500_000, 524_288),
        ("0", 0, 0),
        (str(MAX_CONTEXT), MAX_CONTEXT, MAX_CONTEXT),
    ],
)
def test_a_context_length_is_read_as_people_write_it(text: str, lowest: int, highest: int):
    assert parse_tokens(text, upper=False) == lowest
    assert parse_tokens(text, upper=True) == highest


@pytest.mark.parametrize(
    "text", ["", "k", "lots", "-1", "+1", "1.5", "1,5", "1e6", "12,34", "0x10", "128kk", "128G", "9" * 40]
)
def test_a_malformed_context_length_is_not_guessed(text: str):
    assert parse_tokens(text, upper=False) is None
    assert parse_tokens(text, upper=True) is None


@given(st.integers(0, 9999), st.sampled_from("kM"))
def test_the_two_readings_of_a_unit_enclose_every_model_it_may_mean(number: int, unit: str):
    lowest, highest = (parse_tokens(f"{number}{unit}", upper=upper) for upper in (False, True))
    assert lowest is not None
    assert highest is not None
    power = 1 if unit == "k" else 2
    assert lowest <= number * 1000**power <= number * 1024**power <= highest


def test_both_bounds_in_an_address_take_the_wider_reading():
    query = parse("context_min=128k&context_max=128k")
    assert (query.context_min, query.context_max) == (128_000, 131_072)


# --- Links


def test_a_filter_is_taken_off_alone_and_leads_to_the_first_page():
    query = parse("capability=vision&capability=ocr&owner=a&page=3&per_page=25&sort=name")
    assert query.without("capability", "vision") == parse("capability=ocr&owner=a&per_page=25&sort=name")
    assert query.changed(q="x").page == 1
    assert query.at_page(4).page == 4


def test_clearing_keeps_order_and_page_size():
    query = parse("q=x&state=live&page=3&per_page=25&sort=name")
    assert query.cleared() == parse("per_page=25&sort=name")
    assert query.has_filters
    assert not parse("per_page=25&sort=name&page=3").has_filters


def test_a_heading_sorts_up_then_down_then_not():
    query = parse("page=3")
    orders = []
    for _ in range(4):
        query = query.sorted_by("context")
        orders.append(query.sort)
    assert orders == ["context", "-context", "", "context"]
    assert parse("sort=-name").sorted_by("context").sort == "context"


def test_an_order_by_several_columns_is_read_without_those_that_do_not_exist_or_come_again():
    assert parse("sort=status,-context").serialize() == "sort=status,-context"
    query, ignored = CatalogQuery.parse("sort=status,price,-status,context")
    assert query.sort == "status,context"
    assert [each.reason for each in ignored] == ["unknown_value"]


def test_columns_come_in_the_order_in_which_a_form_or_an_address_names_them():
    assert parse("columns=context,status").columns == "context,status"
    assert parse("columns=context&q=x&columns=status").serialize() == "q=x&columns=context,status"
    query, ignored = CatalogQuery.parse("columns=context,colour")
    assert (query.columns, [each.reason for each in ignored]) == ("context", ["unknown_value"])


@pytest.mark.parametrize(
    ("moved", "columns"),
    [("type", "status,type,context"), ("context", "context,status,type"), ("status", "status,context,type")],
)
def test_a_form_moves_a_column_to_the_left(moved: str, columns: str):
    query = parse(f"columns=status&columns=context&columns=type&move={moved}").without_defaults()
    assert query.serialize() == f"columns={columns}"


def test_a_form_goes_back_to_the_usual_columns():
    assert parse("columns=status&columns=type&move=usual").without_defaults().serialize() == ""


def test_what_a_view_shows_anyway_is_not_in_its_address():
    assert parse("columns=status,deprecation,context,capability&group=base").without_defaults().serialize() == ""
    assert parse("columns=status,context").without_defaults().serialize() == "columns=status,context"
    assert parse("columns=status,deprecation,context,capability&type=base").without_defaults().columns
    assert parse("type=base&group=status").without_defaults().serialize() == "type=base&group=status"
    assert parse("type=base&group=none").without_defaults().serialize() == "type=base"


def test_each_view_has_its_own_grouping():
    groupings = [parse(address).grouping for address in ("", "type=fine-tuned", "type=base", "group=type")]
    assert groupings == ["base", "base", "none", "type"]
