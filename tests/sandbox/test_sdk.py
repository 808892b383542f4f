"""The official SDK against the sandbox: what it accepts, and the traps it falls into with the live service."""

from __future__ import annotations

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, ResponseValidationError, SDKError
from mistralai.client.models import BaseModelCard, ClassifierFineTunedModel, CompletionFineTunedModel, FTModelCard

from sandbox import Sandbox


def test_the_sdk_lists(sdk: Mistral, sandbox: Sandbox):
    data = sdk.models.list().data
    assert data is not None
    assert len(data) == len(sandbox.catalog.listed(0))
    assert {type(card) for card in data} == {BaseModelCard, FTModelCard}


def test_the_sdk_retrieves(sdk: Mistral, tune: str):
    card = sdk.models.retrieve(model_id=tune)
    assert isinstance(card, FTModelCard)
    assert card.id == tune


def test_the_sdk_renames_and_clears(sdk: Mistral, tune: str):
    renamed = sdk.models.update(model_id=tune, name="Renamed", description=None)
    assert isinstance(renamed, CompletionFineTunedModel)
    assert (renamed.name, renamed.description) == ("Renamed", None)
    again = sdk.models.retrieve(model_id=tune)
    assert (again.name, again.description) == ("Renamed", None)


def test_the_sdk_updates_a_classifier(sdk: Mistral, sandbox: Sandbox):
    classifier = next(each for each in sandbox.catalog.fine_tunes() if each.startswith("ft:classifier:"))
    assert isinstance(sdk.models.update(model_id=classifier, name="n"), ClassifierFineTunedModel)


def test_the_sdk_archives_and_unarchives(sdk: Mistral, tune: str):
    assert sdk.models.archive(model_id=tune).archived is True
    assert sdk.models.unarchive(model_id=tune).archived is False


def test_the_sdk_deletes(sdk: Mistral, tune: str):
    assert sdk.models.delete(model_id=tune).deleted is True
    with pytest.raises(SDKError) as raised:
        sdk.models.retrieve(model_id=tune)
    assert raised.value.status_code == 404


def test_the_sdk_is_told_that_a_key_is_wrong(sandbox: Sandbox):
    url = sandbox.url.removesuffix("/v1")
    with Mistral(api_key="wrong", server_url=url) as sdk, pytest.raises(SDKError, match="Invalid API Key") as raised:
        sdk.models.list()
    assert raised.value.status_code == 401


def test_the_sdk_does_not_retry(sdk: Mistral, sandbox: Sandbox):
    sandbox.faults.add("503")
    with pytest.raises(SDKError):
        sdk.models.list()
    assert sandbox.counts["list"] == 1


def test_the_sdk_tolerates_an_unknown_type_but_one_missing_type_costs_it_the_list(sdk: Mistral, sandbox: Sandbox):
    card = sandbox.catalog.entries()[0]
    sandbox.catalog.replace([card, card | {"type": "surprise"}])
    assert len(sdk.models.list().data or []) == 2
    sandbox.catalog.replace([card, {key: value for key, value in card.items() if key != "type"}])
    with pytest.raises(ResponseValidationError):
        sdk.models.list()


def test_the_sdk_reads_a_validation_error_only_in_one_of_its_three_shapes(sdk: Mistral, sandbox: Sandbox):
    for shape, expected in (
        ("validation-list", HTTPValidationError),
        ("validation-object", HTTPValidationError),
        ("validation-text", ResponseValidationError),
    ):
        sandbox.faults.add("422", shape=shape, times=1)
        with pytest.raises(expected):
            sdk.models.list()


def test_an_id_it_does_not_encode_reaches_no_model(sdk: Mistral, sandbox: Sandbox, tune: str):
    with pytest.raises(SDKError, match="no Route matched"):
        sdk.models.delete(model_id=f"../files/{tune}")
    assert tune in sandbox.catalog.ids()


def test_the_contracts_update_answer_is_not_the_platforms(sdk: Mistral, sandbox: Sandbox, tune: str):
    """Why one adapter for each dialect is needed: the SDK cannot read what the contract promises."""
    from mistralai.client.models import JobsAPIRoutesFineTuningUpdateFineTunedModelResponse as Response
    from pydantic import TypeAdapter, ValidationError

    from sandbox.answers import contract_model

    entry = sandbox.catalog.find(tune)
    assert entry is not None
    with pytest.raises(ValidationError):
        TypeAdapter(Response).validate_python(contract_model(entry))
