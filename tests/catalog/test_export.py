"""The catalog as CSV and JSON: all matching rows, every field, safe in a spreadsheet."""

import csv
import io
import json
import re
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from html import unescape

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client

from models_ui.audit import chain
from models_ui.catalog.export import COLUMNS, export_cells, export_objects
from models_ui.catalog.index import CatalogIndex
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.row import Row
from models_ui.listing.csv_export import COMMA, SEMICOLON, CsvFormat, write_csv
from models_ui.listing.querystring import with_query
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, CatalogChange, CatalogModel
from models_ui.text.plan import Plan

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERYTHING = CatalogQuery()
LATER = datetime(2026, 12, 31, 12, tzinfo=UTC)


def indexed(rows: Iterable[Row]) -> CatalogIndex:
    return CatalogIndex.build(rows, now=NOW)


def cells(*rows: Row) -> list[dict[str, str]]:
    """What a spreadsheet reads."""
    file = io.StringIO()
    write_csv(file, COLUMNS, export_cells(indexed(rows), EVERYTHING, None))
    assert file.getvalue().startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(file.getvalue().removeprefix("\ufeff"), newline="")))


def row(**fields) -> Row:
    return Row(**{"pk": 1, "model_id": "lima-2508", **fields})


FULL = row(
    aliases=("lima", "lima-latest"),
    type="base",
    name="lima-2508",
    description='Two\r\nlines, a comma and "quotes"; straße',
    owned_by="mistralai",
    created_at=NOW,
    max_context_length=131_072,
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
    deletion_due_at=NOW,
    problems=("created",),
    keepers=("@bob", "Support team"),
    tags=("legal", "two words"),
    note="Ask bob",
    plan=Plan("moves", "lima-large", date(2026, 12, 1), "tested"),
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
            "deprecation": "2026-12-31 12:00:00",
            "replacement": "lima-large",
            "owned_by": "mistralai",
            "root": "nemo",
            "job": "0a1b",
            "created": "2026-11-23 12:00:00",
            "default_model_temperature": "0.3",
            "archived": "true",
            "first_seen_at": "2026-11-23 12:00:00",
            "last_seen_at": "2026-11-23 12:00:00",
            "missing_since": "2026-11-23 12:00:00",
            "problems": "created",
            "status": "gone",
            "deletion_due_at": "2026-11-23 12:00:00",
            "looked_after_by": "bob, Support team",
            "tags": "legal, two words",
            "note": "Ask bob",
            "plan": "moves lima-large 2026-12-01 tested",
        }
    ]


def test_an_unknown_value_is_an_empty_cell():
    (found,) = cells(row())
    told = {name: value for name, value in found.items() if value}
    assert told == {
        "id": "lima-2508",
        "type": "base",
        "state": "live",
        "lifecycle": "active",
        "archived": "false",
        "status": "live",
    }


def test_no_row_still_leaves_the_headings():
    file = io.StringIO()
    write_csv(file, COLUMNS, export_cells(indexed([]), EVERYTHING, None))
    assert file.getvalue().startswith("\ufeffname,id,aliases,type,")
    assert file.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    "start",
    [
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "＝",
        "＋",
        "－",
        "＠",
        " =",
        "\xa0=",
        "\t\r=",
        "\u200b=",
        "\ufeff=",
        "\x01=",
    ],
)
def test_no_text_of_upstream_is_a_formula(start: str):
    evil = f'{start}HYPERLINK("http://evil.invalid","click")'
    (found,) = cells(
        row(
            model_id=evil,
            name=evil,
            description=evil,
            owned_by=evil,
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
            kept = evil.replace("\r=", "\r'=")  # a cell of its own to who takes the return for an end
            assert value == f"'{kept}" + (" x" if name == "aliases" else "")
    assert sum("HYPERLINK" in value for value in found.values()) == 12


def test_numbers_stay_numbers_and_harmless_text_stays_as_it_is():
    (found,) = cells(row(name="a = b", max_context_length=1, default_temperature=0.0))
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
    (found,) = json.loads(
        json.dumps(
            export_objects(indexed([row(**{**_fields(FULL), "pk": kept.pk})]), EVERYTHING, None), cls=DjangoJSONEncoder
        )
    )
    assert found["raw"] == {"id": "lima-2508", "unheard": "of"}
    assert found["aliases"] == ["lima", "lima-latest"]
    assert (found["max_context_length"], found["archived"], found["root"]) == (131_072, True, "nemo")
    assert set(found) == {*cells(FULL)[0], "raw"}
    assert export_objects(indexed([]), EVERYTHING, None) == []


def _fields(row: Row) -> dict:
    return {name: getattr(row, name) for name in Row.__slots__}


def test_a_few_matches_do_not_load_all_payloads(db, django_assert_num_queries):
    kept = [model(f"lima-{number}") for number in range(20)]
    with django_assert_num_queries(1) as queries:
        export_objects(indexed([row(pk=kept[3].pk)]), EVERYTHING, None)
    assert str(kept[3].pk) in queries[0]["sql"]
    assert "WHERE" in queries[0]["sql"]


def test_more_rows_than_a_query_has_parameters_are_exported_too(db):
    CatalogModel.objects.bulk_create(
        CatalogModel(identity=str(number), model_id=str(number), raw={"n": number}, first_seen_at=NOW, last_seen_at=NOW)
        for number in range(1_201)
    )
    rows = [row(pk=pk, model_id=model_id) for pk, model_id in CatalogModel.objects.values_list("pk", "model_id")]
    exported = export_objects(indexed(rows), EVERYTHING, None)
    assert [str(each["raw"]["n"]) for each in exported] == [each.model_id for each in indexed(rows).rows]


def lines(*rows: Row, csv_format: CsvFormat = COMMA, separator: str = "") -> list[list[str]]:
    """What a spreadsheet reads that expects `separator`, whatever the file was written with."""
    file = io.StringIO()
    write_csv(file, COLUMNS, export_cells(indexed(rows), EVERYTHING, None), csv_format)
    text = io.StringIO(file.getvalue().removeprefix("\ufeff"), newline="")
    return list(csv.reader(text, delimiter=separator or csv_format.separator))


def test_with_semicolons_decimals_have_a_comma_and_nothing_else_changes():
    plain, other = lines(FULL), lines(FULL, csv_format=SEMICOLON)
    assert len(other) == 2
    assert other[0] == plain[0]
    assert dict(zip(*other, strict=True)) == dict(zip(*plain, strict=True)) | {"default_model_temperature": "0,3"}


def test_moments_are_utc_without_parts_of_a_second_and_as_excel_reads_them():
    paris = timezone(timedelta(hours=2))
    (found,) = cells(
        row(deprecation=datetime(2026, 8, 31, 1, 30, 15, 999_999, paris), created_at=datetime(1, 1, 1, tzinfo=UTC))
    )
    assert (found["deprecation"], found["created"]) == ("2026-08-30 23:30:15", "0001-01-01 00:00:00")


@pytest.mark.parametrize("csv_format", [COMMA, SEMICOLON], ids=lambda each: each.name)
@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", " =", '"='])
def test_no_text_is_a_formula_to_a_spreadsheet_that_splits_it_elsewhere(csv_format, separator: str, start: str):
    places = (",", ";", "\t", "\r\n", "\n", ";;", ",\t", ",\u200b", "\t\ufeff", ";\u202a", "\n\x01")
    evil = [f"{before}{between}{start}1+1{between}y" for between in places for before in ("x", "")]
    table = lines(*(row(name=each, description=each) for each in evil), csv_format=csv_format, separator=separator)
    found = [cell for line in table for cell in line if "1+1" in cell]
    assert len(found) >= len(evil)
    unseen = ' "\u200b\ufeff\u202a\x01'
    assert not [cell for cell in found if cell.lstrip(unseen).startswith(("=", "+", "-", "@", "＝"))]


def test_a_long_text_of_spaces_and_separators_is_written_in_linear_time():
    def seconds(times: int) -> float:
        started = time.process_time()
        lines(row(description="x" + "\t \n" * times + "y"))
        return time.process_time() - started

    seconds(100)
    assert seconds(10_000) < 40 * max(seconds(1_000), 0.001)


def text_of(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize("name", ["models", "activity", "changes"])
def test_every_csv_has_semicolons_for_french_readers_and_either_for_whoever_asks(viewer: Client, name: str):
    wanted = {
        ("en", ""): ",",
        ("fr", ""): ";",
        ("en", "?separator=semicolon"): ";",
        ("fr", "?separator=comma"): ",",
        ("fr", "?separator=tab&q=none"): ";",
        ("en", "?separator=&separator=%FF&separator=semicolon"): ";",
    }
    for (language, query), separator in wanted.items():
        text = text_of(viewer, f"/{name}.csv{query}", **{"Accept-Language": language})
        assert text.startswith("\ufeff")
        heading = text[1:].splitlines()[0]
        assert heading.count(separator) >= 7
        assert heading.count("," if separator == ";" else ";") == 0
        assert " (UTC)" in heading


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize(
    "page",
    [
        "/models/?type=base",
        "/activity/?kind=model.renamed",
        "/changes/?kind=deprecation.moved",
        "/changes/",
        "/models/",
    ],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_beside_the_usual_csv_is_a_link_to_the_other_one_with_the_same_filters(
    viewer: Client, page: str, language: str
):
    CatalogChange.objects.create(kind="deprecation.moved", model_id="x", at=NOW)
    words = {"action_id": "1" * 32, "actor": "carol", "kind": "model.renamed", "model_id": "x"}
    chain.append_event(chain.Entry(**words, before={"name": "a"}, after={"name": "b"}), AuditEvent.Outcome.SUCCEEDED)
    reads = {"Accept-Language": language}
    found = re.findall(r'href="([^"]*\.csv[^"]*)" download>', text_of(viewer, page, **reads))
    usual, other = map(unescape, found)
    separator, name = (",", "semicolon") if language == "en" else (";", "comma")
    path, _, query = page.partition("?")
    if path == "/models/":  # a file of a page holds what the page lists
        query = CatalogQuery.parse(query)[0].as_shown().serialize()
    assert usual == with_query(f"{path.rstrip('/')}.csv", query)
    assert other == f"{usual}{'&' if '?' in usual else '?'}separator={name}"
    usually, otherwise = (text_of(viewer, each, **reads)[1:] for each in (usual, other))
    table = list(csv.reader(io.StringIO(usually), delimiter=separator))
    assert len(table) > 1
    same = list(csv.reader(io.StringIO(otherwise), delimiter=";" if separator == "," else ","))
    assert [[cell.replace(",", ".") for cell in line] for line in same] == [
        [cell.replace(",", ".") for cell in line] for line in table
    ]


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize(
    "query",
    ["", "q=mistral&sort=-context", "type=fine-tuned&state=archived", "capability=vision&sort=deprecation", "q=none"],
)
def test_the_exports_hold_the_rows_of_the_page_in_its_order(viewer: Client, query: str):
    page = viewer.get(f"/models/?per_page=100&{query}", follow=True).content.decode()
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


def test_a_listed_model_was_last_seen_at_the_last_sync(viewer: Client, sandbox, synced):
    sandbox.catalog.remove("codestral-2508")
    run_sync()
    answer = viewer.get("/models.json").json()
    assert {each["last_seen_at"] for each in answer["models"] if each["state"] != "missing"} == {answer["synced_at"]}
    spreadsheet = csv.DictReader(io.StringIO(text_of(viewer, "/models.csv").removeprefix("\ufeff"), newline=""))
    (column,) = (name for name in spreadsheet.fieldnames or () if name.startswith("last_seen_at"))
    assert {each[column] for each in spreadsheet if each["state"] != "missing"} == {
        f"{datetime.fromisoformat(answer['synced_at']):%Y-%m-%d %H:%M:%S}"
    }
