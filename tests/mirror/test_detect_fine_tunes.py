"""Fine-tunes that others changed are news, and what was done from here is none, whatever is not known of it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from models_ui.actions import perform
from models_ui.actions.context import Context
from models_ui.models import CatalogModel
from sandbox import Sandbox
from tests.support import verbs
from tests.support.clock import wait
from tests.support.entries import LIMA, NEMO, TUNE, tune
from tests.support.news import kinds, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_a_name_given_elsewhere_is_told_with_both_names(upstream: Sandbox):
    for name, sentence in (
        ("Helpdesk", "“Support” was renamed outside this dashboard: it is now “Helpdesk”."),
        (None, f"{TUNE} lost its name “Helpdesk” outside this dashboard."),
        ("100 %(x)s", "100 %(x)s got its name outside this dashboard, before it had none."),
    ):
        upstream.catalog.rename(TUNE, name)
        assert [told(), told(), told()] == [[], [sentence], []]


def test_a_base_models_name_and_a_fine_tunes_description_are_no_news(upstream: Sandbox):
    upstream.catalog.describe(TUNE, "Better words")
    upstream.catalog.update_model("nemo", name=None)
    for _ in range(3):
        assert told() == []


def test_a_change_of_our_own_is_no_news(upstream: Sandbox, alice: User):
    context = Context(actor=alice)
    verbs.rename_model(context=context, model_id=TUNE, name="Helpdesk", seen="Support")
    assert told() == []
    verbs.archive_model(context=context, model_id=TUNE)
    assert told() == told() == []
    verbs.unarchive_model(context=context, model_id=TUNE)
    assert told() == []
    assert perform.delete_model(context=context, model_id=TUNE).event is not None
    assert told() == told() == told() == []
    assert kinds() == []


def test_a_list_that_lags_behind_our_rename_is_no_news(upstream: Sandbox, alice: User):
    verbs.rename_model(context=Context(actor=alice), model_id=TUNE, name="Helpdesk", seen="Support")
    for name in ("Support", "Helpdesk"):
        upstream.catalog.rename(TUNE, name)
        assert told() == []
    wait(timedelta(hours=2))
    upstream.catalog.rename(TUNE, "Support")
    assert [told(), told()] == [[], ["“Helpdesk” was renamed outside this dashboard: it is now “Support”."]]


@pytest.mark.parametrize("done", [True, False])
def test_a_write_of_unknown_outcome_that_turns_out_to_have_worked_is_no_news(
    upstream: Sandbox, alice: User, done: bool
):
    upstream.faults.add("504", verb="update", times=1)
    event = verbs.rename_model(context=Context(actor=alice), model_id=TUNE, name="Helpdesk", seen="Support").event
    assert event is not None
    assert event.outcome == "unknown"
    upstream.catalog.rename(TUNE, "Helpdesk" if done else "Another")
    assert bool([*told(), *told()]) is not done


def test_a_deletion_of_unknown_outcome_that_worked_is_not_told_as_missing(upstream: Sandbox, alice: User):
    upstream.faults.add("504", verb="delete", times=1)
    event = perform.delete_model(context=Context(actor=alice), model_id=TUNE).event
    assert event is not None
    assert event.outcome == "unknown"
    upstream.catalog.replace([*LIMA, *NEMO])
    for _ in range(3):
        assert told() == []


def test_a_model_that_an_action_found_gone_is_told_by_the_next_run_once(upstream: Sandbox, alice: User):
    upstream.catalog.remove(TUNE)
    verbs.archive_model(context=Context(actor=alice), model_id=TUNE)
    assert CatalogModel.objects.get(model_id=TUNE).is_missing
    assert [told(), told(), told()] == [["Support is gone from Mistral’s list."], [], []]


def test_a_model_that_an_action_alone_found_gone_and_that_is_listed_all_the_same_is_no_news(
    upstream: Sandbox, alice: User
):
    upstream.faults.add("404", verb="archive", times=1)
    verbs.archive_model(context=Context(actor=alice), model_id=TUNE)
    assert CatalogModel.objects.get(model_id=TUNE).is_missing
    assert told() == told() == []
    assert not CatalogModel.objects.get(model_id=TUNE).is_missing


def test_an_archived_model_that_leaves_the_contracts_list_is_no_news_until_it_cannot_be_read(upstream: Sandbox):
    upstream.catalog.archive(TUNE)
    upstream.strict = True
    assert told() == told() == told() == []
    upstream.catalog.remove(TUNE)
    assert [told(), told()] == [["Support is gone from Mistral’s list."], []]


@pytest.mark.parametrize("archived", [True, False])
def test_a_fine_tune_that_leaves_the_platforms_list_and_comes_back_is_told_once_each(
    upstream: Sandbox, point_at, archived: bool
):
    point_at(upstream, dialect="platform")
    upstream.catalog.update(TUNE, archived=archived)
    told(), told()
    upstream.catalog.remove(TUNE)
    assert [told(), told(), told()] == [[], ["Support is gone from Mistral’s list."], []]
    upstream.catalog.add(tune(archived=archived))
    assert [told(), told(), told()] == [[], ["Support is listed again."], []]
