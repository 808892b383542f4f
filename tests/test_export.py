"""The catalog as CSV and JSON: all matching rows, every field, safe in a spreadsheet."""

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client

from models_ui.catalog.export import COLUMNS, as_cells, as_json
from models_ui.catalog.index import Row
from models_ui.models import CatalogModel
from models_ui.spreadsheet import write_csv

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = datetime(2026, 12, 31, 12, tzinfo=UTC)


def cells(*rows: Row) -> list[dict[str, str]]:
    """What a spreadsheet reads."""
    file = io.StringIO()
    write_csv(file, COLUMNS, as_cells(rows, NOW))
    assert file.getvalue().startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(file.getvalue().removeprefix("\ufeff"), newline="")))


def row(**fields) -> Row:
    return Row(**{"pk": 1, "model_id": "lima-2508", **fields})


FULL = row(
    aliases=("lima", "lima-latest"),
    type="base",
    name="lima-2508",
    description='Two\r\nlines, a comma and "quotes"; straße',
    owner="mistralai",
    created_at=NOW,
    context=131_072,
    capabilities=("completion_chat", "vision"),
    lacks=("ocr",),
    deprecation=LATER,
    replacement="lima-large",
    default_temperature=0.3,
    root="nemo",
    job="0a1b",
    archived=True,
    first_seen_at=NOW,
    last_seen_at=NOW,
    missing_since=NOW,
    problems=("created",),
)


def test_a_spreadsheet_shows_every_field():
    assert cells(FULL) == [
        {
            "name": "lima-2508",
            "id": "lima-2508",
            "aliases": "lima lima-latest",
            "type": "base",
            "state": "missing",
            "lifecycle": "retiring",
            "description": 'Two\r\nlines, a comma and "quotes"; straße',
            "max_context_length": "131072",
            "capabilities": "completion_chat vision",
            "capabilities_lacking": "ocr",
            "deprecation": "2026-12-31T12:00:00+00:00",
            "replacement": "lima-large",
            "owned_by": "mistralai",
            "root": "nemo",
            "job": "0a1b",
            "created": "2026-11-23T12:00:00+00:00",
            "default_model_temperature": "0.3",
            "archived": "true",
            "first_seen_at": "2026-11-23T12:00:00+00:00",
            "last_seen_at": "2026-11-23T12:00:00+00:00",
            "missing_since": "2026-11-23T12:00:00+00:00",
            "problems": "created",
        }
    ]


def test_what_is_not_known_is_an_empty_cell():
    (found,) = cells(row())
    told = {name: value for name, value in found.items() if value}
    assert told == {"id": "lima-2508", "type": "base", "state": "live", "lifecycle": "active", "archived": "false"}


def test_no_row_still_leaves_the_headings():
    file = io.StringIO()
    write_csv(file, COLUMNS, as_cells([], NOW))
    assert file.getvalue().startswith("\ufeffname,id,aliases,type,")
    assert file.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\xa0=", "\t\r="]
)
def test_no_text_of_upstream_is_a_formula(start: str):
    evil = f'{start}HYPERLINK("http://evil.invalid","click")'
    (found,) = cells(
        row(
            model_id=evil,
            name=evil,
            description=evil,
            owner=evil,
            aliases=(evil, "x"),
            capabilities=(evil,),
            lacks=(evil,),
            replacement=evil,
            root=evil,
            job=evil,
            type=evil,
            problems=(evil,),
        )
    )
    for name, value in found.items():
        if "HYPERLINK" in value:
            assert value == f"'{evil}" + (" x" if name == "aliases" else "")
    assert sum("HYPERLINK" in value for value in found.values()) == 12


def test_numbers_stay_numbers_and_harmless_text_stays_as_it_is():
    (found,) = cells(row(name="a = b", context=1, default_temperature=0.0))
    assert (found["name"], found["max_context_length"], found["default_model_temperature"]) == ("a = b", "1", "0.0")


def test_a_cell_ends_where_it_should_whatever_is_in_it():
    assert cells(row(description='a","b\n",=1'), row(model_id="second"))[1]["id"] == "second"


def model(model_id: str) -> CatalogModel:
    raw = {"id": model_id, "unheard": "of"}
    return CatalogModel.objects.create(
        identity=model_id, model_id=model_id, type="base", raw=raw, first_seen_at=NOW, last_seen_at=NOW
    )


def test_json_has_every_field_and_the_payload(db):
    kept = model("lima-2508")
    (found,) = json.loads(json.dumps(as_json([row(**{**_fields(FULL), "pk": kept.pk})], NOW), cls=DjangoJSONEncoder))
    assert found["raw"] == {"id": "lima-2508", "unheard": "of"}
    assert found["aliases"] == ["lima", "lima-latest"]
    assert (found["max_context_length"], found["archived"], found["root"]) == (131_072, True, "nemo")
    assert set(found) == {*cells(FULL)[0], "raw"}
    assert as_json([], NOW) == []


def _fields(row: Row) -> dict:
    return {name: getattr(row, name) for name in Row.__slots__}


def test_a_few_matches_do_not_load_all_payloads(db, django_assert_num_queries):
    kept = [model(f"lima-{number}") for number in range(20)]
    with django_assert_num_queries(1) as queries:
        as_json([row(pk=kept[3].pk)], NOW)
    assert str(kept[3].pk) in queries[0]["sql"]
    assert "WHERE" in queries[0]["sql"]


def test_more_rows_than_a_query_has_parameters_are_exported_too(db):
    CatalogModel.objects.bulk_create(
        CatalogModel(identity=str(number), model_id=str(number), raw={"n": number}, first_seen_at=NOW, last_seen_at=NOW)
        for number in range(1_201)
    )
    rows = [row(pk=pk, model_id=model_id) for pk, model_id in CatalogModel.objects.values_list("pk", "model_id")]
    assert [str(each["raw"]["n"]) for each in as_json(rows, NOW)] == [each.model_id for each in rows]


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize(
    "query",
    ["", "q=mistral&sort=-context", "type=fine-tuned&state=archived", "capability=vision&sort=deprecation", "q=none"],
)
def test_the_exports_hold_the_rows_of_the_page_in_its_order(viewer: Client, query: str):
    page = viewer.get(f"/models/?per_page=100&{query}").content.decode()
    shown = re.findall(r'data-model-id="([^"]*)"', page)
    spreadsheet = csv.DictReader(
        io.StringIO(viewer.get(f"/models.csv?{query}").content.decode("utf-8-sig"), newline="")
    )
    assert [each["id"] for each in spreadsheet] == shown
    answer = viewer.get(f"/models.json?{query}").json()
    assert [each["id"] for each in answer["models"]] == shown
    assert answer["total"] == len(shown)
    assert all(each["raw"]["id"] == each["id"] for each in answer["models"])
    assert query == "q=none" or shown


@pytest.mark.usefixtures("synced")
def test_the_exports_know_no_pages_and_no_created_date_of_base_models(viewer: Client):
    models = viewer.get("/models.json?per_page=25&page=2").json()["models"]
    assert len(models) == 43
    assert {each["created"] for each in models if each["type"] == "base"} == {None}
    assert all(each["created"] for each in models if each["type"] == "fine-tuned")
