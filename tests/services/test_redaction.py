"""A key that upstream echoes, in a success as in an error, reaches no log, no table and no page."""

import base64
import html
import json
import logging
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client

from models_ui.mirror.sync import run_sync
from models_ui.services.redaction import Redaction
from tests.services.conftest import KEY, RawServer, http_answer

ODD = 'a/key+with=odd&signs$%~<">_'  # what URLs, HTML, JSON and base64 write differently
NAMED = {"/": "&sol;", "+": "&plus;", "=": "&equals;", "&": "&amp;", "$": "&dollar;", "%": "&percnt;", "_": "&lowbar;"}


def base64_after(before: str) -> Callable[[str], str]:
    return lambda key: base64.b64encode(f"{before}{key}:tail".encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "in capitals": str.upper,
    "percent-encoded": lambda key: quote(key, safe=""),
    "wholly percent-encoded": lambda key: "".join(f"%{ord(character):02x}" for character in key),
    "percent-encoded twice": lambda key: quote(quote(key, safe=""), safe=""),
    "percent-encoded here and there": lambda key: "".join(
        f"%{ord(character):02X}" if place % 2 else character for place, character in enumerate(key)
    ),
    "escaped as in JSON": lambda key: "".join(f"\\u{ord(character):04x}" for character in key),
    "escaped as in HTML": lambda key: "".join(f"&#{ord(character)};" for character in key),
    "escaped as in JSON by PHP": lambda key: key.replace("/", "\\/"),
    "escaped as in JavaScript": lambda key: "".join(f"\\u{{{ord(character):x}}}" for character in key),
    "escaped as in old JavaScript": lambda key: "".join(f"%u{ord(character):04X}" for character in key),
    "escaped as in C": lambda key: "".join(f"\\{ord(character):03o}" for character in key),
    "escaped as in a shell": lambda key: "".join(f"\\{character}" for character in key),
    "escaped as in HTML, twice": lambda key: html.escape("".join(f"&#{ord(character)};" for character in key)),
    "escaped as in HTML, by name": html.escape,
    "escaped as in HTML, by every name": lambda key: "".join(NAMED.get(character, character) for character in key),
    "quoted-printable": lambda key: "".join(f"={ord(character):02X}" for character in key),
    "base64": base64_after(""),
    "base64 in a form": lambda key: quote(base64_after("")(key), safe=""),
    "base64 in lines": lambda key: base64.encodebytes(f"{'Authorization: ' * 3}{key}:tail".encode()).decode().strip(),
    "base64 after a byte": base64_after(":"),
    "base64 after two bytes": base64_after("me"),
    "base64 of a header": base64_after("Authorization: Bearer "),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(key.encode()).decode().rstrip("="),
    "hex": lambda key: key.encode().hex(),
    "hex in pairs": lambda key: key.encode().hex(" "),
    "hex in pairs with colons": lambda key: key.encode().hex(":").upper(),
    "hex in a list": lambda key: ", ".join(f"0x{ord(character):02x}" for character in key),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", [KEY, ODD])
def test_a_key_is_blotted_out_however_it_is_written(form: str, key: str):
    written = FORMS[form](key)
    told = Redaction(key).text(f"before {written} after")
    assert told.startswith("before ")
    assert told.endswith(" after")
    # In base64, what stands before and after the key stays.
    beside = len(written) - len(key) if form.startswith("base64") else 0
    assert told.count("…") == 1
    assert len(told) <= len("before … after") + beside


def test_a_text_without_the_key_stays_as_it_is():
    value = {"id": "secret", "n": [1, 2.5, None, True, {"KEY": "secret-KEY"}], "é": "a%20b&amp;c\\u0041"}
    assert Redaction(KEY).value(value) == value
    assert Redaction("").value(value) == value
    assert Redaction("a").text("banana") == "banana"


def test_names_and_values_at_any_depth_are_blotted_out():
    deep: object = KEY
    for _ in range(5000):
        deep = {KEY: [deep]}
    told = Redaction(KEY).value(deep)
    for _ in range(5000):
        assert list(told) == ["…"]
        ((told,),) = told.values()
    assert told == "…"
    assert KEY not in repr(Redaction(KEY))


def test_hostile_text_takes_no_quadratic_time():
    for text in (
        "\\" * 200_000,
        "%25" * 200_000,
        "&#0" * 200_000,
        "secret-KEY-" * 50_000,
        "&amp;" * 200_000,
        "=73 " * 200_000,
    ):
        assert Redaction(KEY).text(text) == text


def card(model_id: str, **fields: object) -> dict[str, object]:
    return {"id": model_id, "object": "model", "owned_by": "mistralai", "aliases": [], "capabilities": {}} | fields


def dumped() -> str:
    """Every value of every table."""
    with connection.cursor() as cursor:
        return "".join(
            str((cursor.execute(f'select * from "{table}"') and "") or cursor.fetchall())
            for table in connection.introspection.table_names(cursor)
        )


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["as it is", "percent-encoded", "base64", "escaped as in JSON"])
def test_a_key_in_a_list_of_models_reaches_no_log_no_table_and_no_page(
    raw: Callable[..., RawServer], point_at, viewer: Client, caplog: pytest.LogCaptureFixture, form: str
):
    written = FORMS[form](KEY)
    models = [
        card("mistral-a-2501", name=f"Name {written}", description=f"by {written}", aliases=[f"alias-{written}"]),
        card(
            "mistral-b-2501", owned_by=written, capabilities={f"can_{written}": True}, **{written: {written: [written]}}
        ),
        card(f"ft:{written}", type="fine-tuned", root=written, job=written),
    ]
    body = json.dumps({"object": "list", "data": models, "request_id": written}).replace("\\\\u", "\\u")
    server = raw(http_answer(body, mistral_correlation_id=written, x_kong_request_id=written))
    point_at(url=server.url, key=KEY, dialect="platform")
    caplog.set_level(logging.DEBUG)
    result = run_sync()
    assert result.outcome == "synced"
    assert f"Bearer {KEY}" in server.requests[0]
    pages = "".join(
        viewer.get(address).content.decode()
        for address in ("/models/", "/models/mistral-a-2501/", "/models/mistral-b-2501/", "/models.json", "/models.csv")
    )
    assert "mistral-a-2501" in pages
    for place in (dumped(), caplog.text, pages):
        assert KEY not in place
        assert written not in place


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    [
        http_answer("<html>" + KEY, mistral_correlation_id=KEY),
        http_answer('{"data": 5}', mistral_correlation_id=KEY),
        http_answer("", "302 Found", location=f"https://{KEY}.example/{KEY}", mistral_correlation_id=KEY),
        http_answer(json.dumps({"detail": [{"msg": FORMS["base64"](KEY)}]}), "422 Unprocessable", allow=KEY),
        http_answer(json.dumps({"message": quote(KEY)}), "404 Not Found", allow=f"GET, {KEY}"),
    ],
)
def test_a_key_in_an_answer_that_fails_reaches_nothing_either(
    raw, point_at, viewer: Client, caplog: pytest.LogCaptureFixture, answer: bytes
):
    point_at(url=raw(answer).url, key=KEY, dialect="platform")
    caplog.set_level(logging.DEBUG)
    assert run_sync().outcome == "failed"
    places = [dumped(), caplog.text, viewer.get("/models/").content.decode()]
    for place in places:
        assert KEY.lower() not in place.lower()
        assert FORMS["base64"](KEY)[4:-8] not in place
