"""Cards are read field by field; one odd value hides nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ui.services.cards import ModelCard, parse_card
from models_ui.services.errors import InvalidModelId
from models_ui.vocabulary import id_is_routable, make_storable
from tests.services.conftest import make_api

BASE_2026 = {
    "id": "lima-medium-latest",
    "object": "model",
    "created": 1791465826,
    "owned_by": "mistralai",
    "capabilities": {"completion_chat": True, "ocr": False, "unified_resources": False, "telepathy": True},
    "name": "lima-medium-2508",
    "description": "A model.",
    "max_context_length": 256000,
    "aliases": ["lima-medium-2508", "lima-medium"],
    "deprecation": "2026-12-31T12:00:00Z",
    "deprecation_replacement_model": "lima-large-latest",
    "default_model_temperature": 0.3,
    "billing_model_name": "lima-medium-2508",
    "type": "base",
}
FINE_TUNE_2025 = {
    "id": "ft:lima-large-latest:0a1b2c3d:20250318:9f8e7d6c",
    "object": "model",
    "created": 1742337834,
    "owned_by": "0a1b2c3d-09dc-4dc4-812a-95cc4a219f4d",
    "capabilities": {"completion_chat": True, "vision": False},
    "name": None,
    "description": None,
    "max_context_length": 32768,
    "aliases": [],
    "deprecation": None,
    "default_model_temperature": None,
    "type": "fine-tuned",
    "job": "9f8e7d6c-cf75-4922-92c1-7bb975799321",
    "root": "lima-large-latest",
    "archived": True,
}
CONTRACT_MODEL = {
    "id": "ft:lima:1",
    "object": "model",
    "created": 1742337834,
    "owned_by": "org",
    "name": "Support",
    "description": "x",
    "max_context_length": 4096,
    "aliases": [],
    "deprecation": None,
    "capabilities": {"vision": True},
    "type": "fine-tuned",
}


def card_of(**fields: Any) -> ModelCard:
    card = parse_card({**BASE_2026, **fields})
    assert card
    return card


def without(model: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in model.items() if key not in names}


def test_a_base_model_as_the_platform_sends_it_in_2026_has_no_problems():
    card = parse_card(BASE_2026)
    assert card == ModelCard(
        id="lima-medium-latest",
        type="base",
        name="lima-medium-2508",
        description="A model.",
        owned_by="mistralai",
        created=None,
        max_context_length=256000,
        aliases=("lima-medium-2508", "lima-medium"),
        capabilities={"completion_chat": True, "ocr": False, "unified_resources": False, "telepathy": True},
        deprecation=datetime(2026, 12, 31, 12, tzinfo=UTC),
        replacement="lima-large-latest",
        default_temperature=0.3,
    )
    assert card.raw is BASE_2026


def test_a_fine_tune_as_the_platform_sent_it_in_2025_has_no_problems():
    card = parse_card(FINE_TUNE_2025)
    assert card
    assert card.problems == ()
    assert card.created == datetime(2025, 3, 18, 22, 43, 54, tzinfo=UTC)
    assert (card.root, card.job, card.archived) == ("lima-large-latest", FINE_TUNE_2025["job"], True)
    assert card.is_fine_tuned


def test_the_contracts_model_does_not_say_whether_it_is_archived():
    card = parse_card(CONTRACT_MODEL)
    assert card
    assert card.problems == ()
    assert card.archived is None
    assert card.root is None


def test_the_created_of_a_base_model_is_not_known_because_it_is_the_time_of_the_request():
    assert card_of(created=1791465826).created is None


def test_cards_that_differ_only_in_the_request_time_are_equal():
    assert card_of(created=1) == card_of(created=2)


def test_capabilities_keep_their_order_and_those_nobody_has_heard_of():
    assert list(card_of().capabilities) == ["completion_chat", "ocr", "unified_resources", "telepathy"]


def test_a_list_of_capability_names_means_that_all_are_true():
    assert card_of(capabilities=["vision", "audio"]).capabilities == {"vision": True, "audio": True}


def test_a_mistyped_capability_is_left_out_and_noted():
    card = card_of(capabilities={"vision": "yes", "audio": 1, "ocr": None, "chat": True})
    assert card.capabilities == {"chat": True}
    assert card.problems == ("capabilities.vision", "capabilities.audio", "capabilities.ocr")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"root": "lima"}, "fine-tuned"),
        ({"job": "j"}, "fine-tuned"),
        ({"id": "ft:lima:1"}, "fine-tuned"),
        ({}, "base"),
    ],
)
@pytest.mark.parametrize("kind", [None, 7, "", []])
def test_a_missing_or_mistyped_type_is_told_from_root_job_and_id(fields: dict[str, str], expected: str, kind: Any):
    card = card_of(**fields, type=kind)
    assert card.type == expected
    assert "type" in card.problems


def test_an_unknown_type_is_kept():
    card = card_of(type="merged")
    assert card.type == "merged"
    assert not card.is_fine_tuned
    assert card.problems == ()


def test_a_base_model_of_2024_is_not_blamed_for_saying_that_it_has_no_root():
    card = card_of(root=None, job=None)
    assert (card.type, card.root, card.problems) == ("base", None, ())


@pytest.mark.parametrize("name", ["id", "type", "created", "capabilities"])
def test_a_missing_required_field_is_noted(name: str):
    card = parse_card(without(BASE_2026, name))
    assert card
    assert card.problems == (name,)


@pytest.mark.parametrize(
    "value", [0, -1, True, 2**63, 10**400, 1e308, float("nan"), float("inf"), 1.5, "4096", None, []]
)
def test_a_context_length_that_cannot_be_one_is_dropped_and_noted(value: Any):
    card = card_of(max_context_length=value)
    assert card.max_context_length is None
    assert card.problems == ("max_context_length",)


@pytest.mark.parametrize("value", [0, -5, True, "1742337834", 10**400, 10**15, float("nan"), None])
def test_a_created_that_cannot_be_a_time_is_dropped_and_noted(value: Any):
    card = parse_card({**FINE_TUNE_2025, "created": value})
    assert card
    assert card.created is None
    assert card.problems == ("created",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-31T12:00:00Z", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31T14:00:00+02:00", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31T12:00:00", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("20261231", datetime(2026, 12, 31, tzinfo=UTC)),
        ("20261231T120000Z", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31t12:00:00z", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31 12:00:00", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31 12:00:00 UTC", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31 14:00:00 +0200", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31T12:00", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31T12Z", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31T04:00:00-08", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31T12:00:00-00:00", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2027-01-01T01:30:00+13:30", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31T12:00:00.25Z", datetime(2026, 12, 31, 12, 0, 0, 250_000, UTC)),
        ("2026-12-31T12:00:00.123456789z", datetime(2026, 12, 31, 12, 0, 0, 123_456, UTC)),
        ("2026-12-31T12:00:00,5Z", datetime(2026, 12, 31, 12, 0, 0, 500_000, UTC)),
        (" 2026-12-31T12:00:00Z\n", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        (1_798_718_400, datetime(2026, 12, 31, 12, tzinfo=UTC)),
        (1_798_718_400.0, datetime(2026, 12, 31, 12, tzinfo=UTC)),
        (1_798_718_400.25, datetime(2026, 12, 31, 12, 0, 0, 250_000, UTC)),
        (1_798_718_400_000, datetime(2026, 12, 31, 12, tzinfo=UTC)),
        (1_798_718_400_250, datetime(2026, 12, 31, 12, 0, 0, 250_000, UTC)),
        ("1798718400", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("1798718400000", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("1798718400.25", datetime(2026, 12, 31, 12, 0, 0, 250_000, UTC)),
        ("2026-12-31Z", datetime(2026, 12, 31, tzinfo=UTC)),
        ("2026-12-31T24:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("20261231t2400z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T23:59:60Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T18:59:60.5-0500", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-12-31T07:00:00\N{MINUS SIGN}05:00", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("Thu, 31 Dec 2026 12:00:00 GMT", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("31 Dec 2026 14:00:00 +0200", datetime(2026, 12, 31, 12, tzinfo=UTC)),
    ],
)
def test_a_retirement_date_is_always_aware_and_in_utc(text: Any, expected: datetime):
    card = card_of(deprecation=text)
    assert card.deprecation == expected
    assert card.deprecation.tzinfo is UTC
    assert card.problems == ()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "31/12/2026",
        "12-31-2026",
        "2026-12",
        "2026",
        "2026-12-31-12:00",  # an offset, or a time?
        "2026-12-31T12:00:00X",
        "2026-12-31T12:00:00 CET",
        "2026-12-31T25:00:00Z",
        "2026-12-31T24:00:01Z",
        "2026-12-31T24:30Z",
        "2026-12-31T23:59:61Z",
        "31 Foo 2026 12:00:00 GMT",
        "31 Dec 26 12:00:00 GMT",
        "1798718400.2.5",
        "2026-02-30",
        "2026-1231",
        "٢٠٢٦-12-31",
        "0001-01-01T00:00:00+10:00",
        "9999-12-31T23:59:59-10:00",
        "9" * 5000,
        20_261_231,  # a day, or a second of 1970?
        946_684_799,
        4_102_444_800,
        1_798_718_400_000_000,
        0,
        -1,
        1e300,
        float("nan"),
        float("inf"),
        10**400,
        True,
        [],
        {},
    ],
)
def test_a_malformed_retirement_date_is_dropped_and_noted(value: Any):
    card = card_of(deprecation=value)
    assert card.deprecation is None
    assert card.problems == ("deprecation",)


def test_aliases_lose_duplicates_the_own_id_and_what_is_no_text():
    card = card_of(aliases=["a", "lima-medium-latest", "b", "a", 7, ""])
    assert card.aliases == ("a", "b")
    assert card.problems == ("aliases",)


@pytest.mark.parametrize("name", ["max_context_length", "aliases", "capabilities", "owned_by", "archived", "created"])
def test_null_where_it_should_not_be_is_noted(name: str):
    assert card_of(**{name: None}).problems == (name,)


def test_control_characters_survive_but_nothing_that_cannot_be_stored():
    card = card_of(name="a\x07b\0c\ud800d", description="\u202etxt")
    assert card.name == "a\x07b\ufffdc\ufffdd"
    assert card.description == "\u202etxt"
    card.name.encode()


@pytest.mark.parametrize("raw", [None, [], "text", 1, 1.5, True])
def test_an_entry_that_is_no_object_is_no_card(raw: Any):
    assert parse_card(raw) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just("\ud800\0"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from([*BASE_2026, "root", "job", "archived", "surprise"])


@given(raw=JSON | st.dictionaries(FIELDS, JSON))
def test_no_json_value_makes_reading_a_card_fail(raw: Any):
    card = parse_card(raw)
    assert (card is None) == (not isinstance(raw, dict))
    if card:
        for text in (card.id, card.type, card.name or "", card.description or "", *card.aliases, *card.capabilities):
            text.encode()


@given(name=FIELDS, value=JSON)
def test_one_odd_field_changes_no_other(name: str, value: Any):
    odd, sound = parse_card({**FINE_TUNE_2025, name: value}), parse_card(FINE_TUNE_2025)
    assert odd
    assert sound
    touched = {"deprecation_replacement_model": "replacement", "default_model_temperature": "default_temperature"}
    depends_on_it = {"type": {"created"}, "id": {"aliases"}}.get(name, set())
    for field in ModelCard.__dataclass_fields__.keys() - {"raw", "problems", touched.get(name, name)} - depends_on_it:
        assert getattr(odd, field) == getattr(sound, field)


@given(value=JSON)
def test_a_storable_value_is_valid_json_text(value: Any):
    import json

    text = json.dumps(make_storable(value), allow_nan=False, ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text


def test_a_value_nested_without_end_is_cut_before_it_is_stored():
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert "…" in str(make_storable(deep))


@pytest.mark.parametrize(
    "model_id",
    ["lima-medium-3.5", "ft:lima:0a1b2c3d:20250831:pii-1e-4-200:9f8e7d6c", "a", "é", "a" * 256, "a.b"],
)
def test_ids_that_a_route_may_carry(model_id: str):
    assert id_is_routable(model_id)


@pytest.mark.parametrize(
    "model_id",
    [
        *(
            "",
            ".",
            "..",
            "a..b",
            "../files/abc?x=1#y",
            "a/b",
            "a\\b",
            "a?b",
            "a#b",
            "a%2Fb",
            "a b",
            "a\tb",
            "a\nb",
            "a\0b",
        ),
        *("a" * 257, "\ud800", "a\u202eb", "a\u00a0b", "a\ufffdb", "a\u2028b"),
    ],
)
def test_ids_that_no_route_may_carry(model_id: str):
    assert not id_is_routable(model_id)
    with pytest.raises(InvalidModelId) as caught:
        make_api("http://127.0.0.1:9/v1").retrieve(model_id)
    assert "\n" not in caught.value.user_message
    caught.value.user_message.encode()
