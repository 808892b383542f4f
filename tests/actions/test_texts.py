"""Names and descriptions of any kind: kept as they are upstream, and harmless on every page and in every export."""

import csv
import io
import re
from html import unescape

import pytest
from django.core import signing

from models_ui.actions import undo
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent
from tests.actions.conftest import by, row_of
from tests.support import verbs

TEXTS = {
    "html": '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "template": "{{ 7*7 }}{% debug %}%(model)s %s",
    "right to left": "\u202egnissim\u202c \u2067אבג\u2069",
    "emoji": "🧾👩‍👩‍👧‍👦 invoices",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "formula, minus": "-2+3",
    "quotes": "it’s \"quoted\" & 'more'",
    "accents": "Ton de marque (français) ﬁ",
}


@pytest.mark.parametrize("field", ["name", "description"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_arrives_upstream_as_it_was_typed_and_harms_no_page(alice, client_of, tune, now_upstream, field, text):
    client, verb = client_of(alice), {"name": "rename", "description": "describe"}[field]
    data = {"value": text, "seen": signing.dumps(getattr(row_of(tune), field)), "action_id": "t"}
    answer = client.post(f"/models/{tune}/{verb}/", data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert now_upstream(tune)[field] == getattr(row_of(tune), field) == text
    assert AuditEvent.objects.last().after == {field: text}
    pages = ["/models/", f"/models/{tune}/", "/activity/", f"/models/{tune}/{verb}/", f"/models/{tune}/delete/"]
    for html in [answer.content.decode(), *(client.get(page).content.decode() for page in pages)]:
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "49{% debug" not in html
    for export in ("/models.csv", "/activity.csv"):
        cells = [
            cell for row in csv.reader(io.StringIO(client.get(export).content.decode("utf-8-sig"))) for cell in row
        ]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
        assert [cell for cell in cells if cell.removeprefix("'") == text]
    undone = undo.undo_action(context=by(alice), action_id=AuditEvent.objects.last().action_id)
    assert undone.event.outcome == "succeeded"
    assert now_upstream(tune)[field] == undone.event.after[field] != text


def test_lines_are_counted_as_the_browser_counts_them_and_sent_with_one_character(bob, client_of, tune, now_upstream):
    text = "a\r\n" * 499 + "bc"  # 1,000 characters to a browser, 1,499 on the wire
    data = {"value": text, "seen": signing.dumps(row_of(tune).description), "action_id": "l"}
    answer = client_of(bob).post(f"/models/{tune}/describe/", data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert now_upstream(tune)["description"] == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("verb", "field", "text", "sent"),
    [
        ("describe", "description", "one\r\ntwo", "one\r\ntwo"),
        ("describe", "description", "one\ntwo ", "one\r\ntwo "),
        ("rename", "name", " spaced ", " spaced "),
        ("rename", "name", "two\nlines", "twolines"),
    ],
)
def test_a_form_saved_without_a_change_changes_nothing(bob, client_of, tune, sandbox, writes, verb, field, text, sent):
    """`sent` is what a browser makes of `text` in such a field."""
    sandbox.catalog.update(tune, **{field: text})
    run_sync()
    data = {"value": sent, "seen": signing.dumps(text), "action_id": "u"}
    answer = client_of(bob).post(f"/models/{tune}/{verb}/", data, headers={"HX-Request": "true"})
    assert "Nothing to change: " in answer.content.decode()
    assert writes() == []
    assert sandbox.catalog.find(tune)[field] == text


def test_ten_thousand_characters_upstream_are_shown_replaced_and_put_back(bob, client_of, tune, sandbox):
    long = "<é>\r\n" * 2_000
    sandbox.catalog.update(tune, name=long, description=long)
    run_sync()
    client = client_of(bob)
    for page in ("/models/", f"/models/{tune}/", f"/models/{tune}/describe/", "/models.csv"):
        assert client.get(page).status_code == 200
    html = client.get(f"/models/{tune}/describe/").content.decode()
    form = {name: unescape(value) for name, value in re.findall(r'name="(seen|action_id)" value="([^"]*)"', html)}
    answer = client.post(f"/models/{tune}/describe/", form | {"value": "short"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    event = AuditEvent.objects.last()
    assert event.before == {"description": long}
    assert client.get("/activity/").status_code == 200
    assert client.post(f"/activity/{event.action_id}/undo/").status_code == 302
    assert sandbox.catalog.find(tune)["description"] == long


def test_an_empty_text_and_none_are_the_same(bob, tune, sandbox, writes):
    sandbox.catalog.update(tune, description="")
    done = verbs.describe_model(context=by(bob), model_id=tune, description="", seen=None)
    assert done.event is None
    assert writes() == []


@pytest.mark.parametrize("nothing", ["\u200b", "\u202e", "\u2060\ufeff", "\u3164", "\u00ad \u2800"], ids=ascii)
def test_a_name_that_nobody_could_see_or_click_is_refused_at_its_field(alice, client_of, tune, now_upstream, nothing):
    data = {"value": nothing, "seen": signing.dumps(row_of(tune).name), "action_id": "t"}
    answer = client_of(alice).post(f"/models/{tune}/rename/", data)
    assert answer.status_code == 422
    assert "Nothing of this can be seen." in answer.content.decode()
    assert now_upstream(tune)["name"] == row_of(tune).name
