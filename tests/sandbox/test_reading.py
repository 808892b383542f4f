"""Listing and retrieving: the live list's habits, the odd ones included."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.sandbox.conftest import Caller
from tests.sandbox.shapes import contract_list, platform_list


def test_the_list_fits_both_published_shapes(call: Caller):
    body = call("GET", "/v1/models").body
    assert len(contract_list(body)) == len(platform_list(body)) > 70


def test_a_retrieved_model_fits_both_published_shapes(call: Caller, tune: str):
    for model_id in (tune, "codestral-latest"):
        body = call("GET", f"/v1/models/{model_id}").body
        as_list = b'{"object":"list","data":[%b]}' % body
        assert contract_list(as_list)[0].id == platform_list(as_list)[0].id == model_id


def test_every_answer_carries_a_correlation_id_twice(call: Caller):
    for path, key in (("/v1/models", call.sandbox.key), ("/v1/models", "wrong"), ("/nowhere", None)):
        headers = call("GET", path, key=key).headers
        assert re.fullmatch(
            r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", headers["mistral-correlation-id"]
        )
        assert headers["x-kong-request-id"] == headers["mistral-correlation-id"]


def test_correlation_ids_begin_with_the_time(call: Caller):
    sent = call("GET", "/v1/models").headers["mistral-correlation-id"].replace("-", "")[:12]
    assert abs(int(sent, 16) / 1000 - time.time()) < 5


def test_a_model_is_listed_once_for_each_of_its_ids_and_names_the_others(call: Caller):
    group = {entry["id"]: entry for entry in call.list() if entry["name"] == "codestral-2508"}
    assert len(group) == 4
    for model_id, entry in group.items():
        assert set(entry["aliases"]) == group.keys() - {model_id}


def test_base_models_were_created_just_now_and_all_at_once(call: Caller):
    created = {entry["created"] for entry in call.list() if entry["type"] == "base"}
    assert len(created) == 1
    assert abs(created.pop() - time.time()) < 5


def test_fine_tunes_come_last_and_the_newest_of_them_first(call: Caller):
    entries = call.list()
    types = [entry["type"] for entry in entries]
    assert types == sorted(types)
    created = [entry["created"] for entry in entries if entry["type"] == "fine-tuned"]
    assert created == sorted(created, reverse=True)
    assert created[0] < time.time() - 86_400


def test_the_id_of_a_fine_tune_tells_its_root_organisation_day_and_job(call: Caller):
    tunes = [entry for entry in call.list() if entry["type"] == "fine-tuned"]
    assert len(tunes) >= 14
    for entry in tunes:
        parts = entry["id"].split(":")
        assert parts[0] == "ft"
        if parts[1] == "classifier":
            del parts[1]
        assert parts[1] == entry["root"]
        assert parts[2] == entry["owned_by"][:8]
        assert parts[3] == datetime.fromtimestamp(entry["created"], UTC).strftime("%Y%m%d")
        assert parts[-1] == entry["job"][:8]
        assert len(parts) == 5 or len(parts[4]) <= 18


def test_the_company_has_archived_unnamed_and_endangered_fine_tunes(call: Caller):
    entries = call.list()
    retiring = {entry["id"] for entry in entries if entry["type"] == "base" and entry["deprecation"]}
    tunes = [entry for entry in entries if entry["type"] == "fine-tuned"]
    assert sum(entry["archived"] for entry in tunes) == 5
    assert sum(entry["name"] is None for entry in tunes) == 3
    assert sum(entry["root"] in retiring for entry in tunes) == 3
    assert sum(entry["id"].startswith("ft:classifier:") for entry in tunes) == 1


def test_an_archived_fine_tune_stays_in_the_list(call: Caller, tune: str):
    call("POST", f"/v1/fine_tuning/models/{tune}/archive")
    assert call.entry(tune)["archived"] is True


def test_retirements_are_counted_from_today_at_noon(call: Caller):
    today = datetime.now(UTC).date()
    dates = {entry["deprecation"] for entry in call.list()} - {None}
    assert dates == {f"{today + timedelta(days=days)}T12:00:00Z" for days in (-2, 9, 23, 60, 150)}


def test_every_retiring_model_names_what_to_use_instead_sometimes_by_a_floating_id(call: Caller):
    entries = call.list()
    ids = {entry["id"] for entry in entries}
    replacements = {entry["deprecation_replacement_model"] for entry in entries if entry["deprecation"]}
    assert replacements <= ids
    assert any(name.endswith("-latest") for name in replacements)


def test_two_models_share_an_id(call: Caller):
    times = Counter(entry["id"] for entry in call.list())
    assert {model_id for model_id, count in times.items() if count > 1} == {"voxtral-mini-2507", "voxtral-mini-latest"}
    names = {entry["name"] for entry in call.list() if entry["id"] == "voxtral-mini-2507"}
    assert names == {"voxtral-mini-2507", "voxtral-mini-transcribe-2507"}


def test_a_base_model_can_lack_its_name(call: Caller):
    entry = call.entry("mistral-large-latest")
    assert entry["name"] is None
    assert entry["description"] == "Official None Mistral AI model"


def test_a_name_can_be_a_floating_id(call: Caller):
    assert call.entry("mistral-medium-3.5")["name"] == "mistral-medium-latest"


def test_an_alias_can_list_no_aliases(call: Caller):
    assert call.entry("devstral-latest")["aliases"] == []
    assert "devstral-latest" in call.entry("devstral-2512")["aliases"]


def test_some_models_have_a_capability_nobody_has_heard_of(call: Caller):
    assert sum("computer_use" in entry["capabilities"] for entry in call.list()) > 2


def test_any_alias_retrieves_the_model(call: Caller):
    assert call("GET", "/v1/models/mistral-vibe-cli-latest").json["name"] == "mistral-medium-latest"


def test_a_model_beyond_the_tier_is_not_listed_but_answers(call: Caller):
    assert "zai-glm-5-3" not in {entry["id"] for entry in call.list()}
    assert call("GET", "/v1/models/zai-glm-5-3").status == 200


def test_an_unknown_model_was_not_found(call: Caller):
    reply = call("GET", "/v1/models/no-such-model")
    assert (reply.status, reply.json) == (404, {"message": "Model no-such-model was not found."})


def test_a_retired_model_is_deprecated(call: Caller):
    reply = call("GET", "/v1/models/open-mistral-7b")
    assert (reply.status, reply.json) == (404, {"message": "Model open-mistral-7b is deprecated."})


def test_parameters_of_the_list_change_nothing(call: Caller):
    assert len(call("GET", "/v1/models?provider=mistralai&model=x&limit=3").json["data"]) == len(call.list())


def test_strict_reads_say_no_more_than_the_contract(start: Any):
    call = start(strict=True, dialects={"contract"})
    entries = call.list()
    assert not [entry for entry in entries if "archived" in entry or "root" in entry]
    archived = call.sandbox.catalog.fine_tunes()[-1]
    assert archived not in {entry["id"] for entry in entries}
    assert call("GET", f"/v1/models/{archived}").status == 200


@pytest.mark.parametrize("bare", [True, False])
def test_a_recorded_list_is_served_as_it_is(start: Any, tmp_path: Path, bare: bool):
    recorded = [
        {"id": "a", "type": "base", "created": 1, "name": None, "capabilities": "many"},
        {"id": "a", "type": "base", "created": 1, "aliases": None},
        {"id": 7, "type": "base"},
        {"type": "surprise", "created": "yesterday"},
        "not an object",
        None,
        {"id": "ft:b:1:20250101:2", "created": 5, "type": "fine-tuned", "extra": {"deep": [1]}},
    ]
    file = tmp_path / "recorded.json"
    file.write_text(json.dumps(recorded if bare else {"object": "list", "data": recorded}))
    call = start(catalog=file)
    served = call.list()
    assert served[0].pop("created") > 1
    assert served[1].pop("created") > 1
    del recorded[0]["created"], recorded[1]["created"]
    assert served == recorded
    assert call("PATCH", "/v1/fine_tuning/models/ft:b:1:20250101:2", {"name": "n"}).status == 200
    assert call("POST", "/v1/models/ft:b:1:20250101:2/archive").status == 200
    assert call("GET", "/v1/models/ft:b:1:20250101:2").json["archived"] is True


def test_synthetic_models_are_the_same_for_the_same_seed():
    first, again, other = (Sandbox(models=200, seed=seed).catalog.entries() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_synthetic_models_add_to_the_catalog_in_a_realistic_mix(start: Any):
    plain, more = start().list(), start(models=1000).list()
    known = {entry["id"] for entry in plain}
    added = [entry for entry in more if entry["id"] not in known]
    tunes = [entry for entry in added if entry["type"] == "fine-tuned"]
    bases = {entry["name"] for entry in added if entry["type"] == "base"}
    assert len(tunes) + len(bases) == 1000
    assert 150 < len(tunes) < 250
    assert len({entry["id"] for entry in added}) == len(added)
    assert len(platform_list(json.dumps({"object": "list", "data": added}).encode())) == len(added)
