"""The demo's past: what a person finds in Changes and Activity right after the first start."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from models_ui.actions.context import can_be_undone
from models_ui.audit.chain import verify_chain
from models_ui.bulk.jobs import progress_of
from models_ui.management.commands.demo import make_demo_people
from models_ui.management.past.clock import ClockIsReal, turned_clock
from models_ui.management.past.story import DAYS, PastBroken, play_past
from models_ui.mirror.sync import run_sync
from models_ui.models import AuditEvent, BulkJob, CatalogChange, CatalogModel, Lease, SavedList, SyncRun
from sandbox import Sandbox

pytestmark = pytest.mark.django_db

# What a row says of its model, which no path to it may change.
FACTS = (
    "model_id", "aliases", "type", "name", "description", "max_context_length", "capabilities", "deprecation",
    "replacement", "root", "archived", "protected",
)  # fmt: skip


@pytest.fixture
def demo(sandbox: Sandbox, settings) -> Sandbox:
    settings.DEMO = True
    make_demo_people("a password of the demo")
    return sandbox


def story() -> list[tuple]:
    """All that was recorded, without what chance made."""
    changes = CatalogChange.objects.order_by("pk").values_list("at", "kind", "model_id", "subject", "before", "after")
    events = AuditEvent.objects.order_by("pk").values_list("at", "actor", "kind", "outcome", "model_id", "after")
    return [*changes, *events]


def facts_of(rows: QuerySet[CatalogModel]) -> set[tuple[str, str]]:
    return {(row.model_id, f"{fact}: {getattr(row, fact)}") for row in rows for fact in FACTS}


def outcomes(kind: str, outcome: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=kind, outcome=outcome))


def test_mistral_changed_its_list_in_every_way_that_people_should_see(demo: Sandbox):
    play_past()
    told = {(change.kind, change.subject or change.model_id) for change in CatalogChange.objects.all()}
    assert told >= {
        ("model.added", "voxtral-mini-2602"),
        ("alias.repointed", "magistral-medium-latest"),
        ("deprecation.announced", "mistral-small-2506"),
        ("deprecation.moved", "devstral-2512"),
        ("capability.added", "computer_use"),
        ("model.missing", "devstral-small-2507"),
    }
    assert CatalogChange.objects.filter(kind="name.changed").count() == 1, "what people did here is no news"
    assert len({change.at.date() for change in CatalogChange.objects.all()}) >= 4


def test_several_people_acted_on_many_days_and_not_everything_went_well(demo: Sandbox):
    play_past()
    done = AuditEvent.objects.exclude(outcome="attempted")
    assert set(done.values_list("actor", flat=True)) == {"ana.diop", "lucas.roy", "editor", "manager"}
    assert len({event.at.date() for event in done}) >= 10
    assert [event.actor for event in outcomes("model.described", "failed")] == ["lucas.roy"]
    assert [event.undoes for event in outcomes("model.renamed", "succeeded") if event.undoes]
    for kind in ("model.renamed", "model.described", "model.archived", "model.unarchived", "model.deleted"):
        assert outcomes(kind, "succeeded"), kind
    job = BulkJob.objects.get()
    assert (job.made_by, progress_of([job])[job.pk].as_wished, job.is_over) == ("manager", 3, True)
    assert any(map(can_be_undone, done))


def test_some_fine_tunes_are_looked_after_tagged_and_planned_and_some_wait_for_whoever_tries_it(
    demo: Sandbox, client: Client
):
    play_past()
    kept = {row.name: row for row in CatalogModel.objects.filter(type="fine-tuned")}
    assert kept["Meeting notes"].keepers == ["@lucas.roy"]
    assert kept["Meeting notes"].plan["to"] == "ministral-8b-2512"
    assert kept["Contract clause finder"].tags == ["production"]
    assert not kept["Parcel damage"].keepers
    client.force_login(User.objects.get(username="editor"))
    overview = client.get("/").text
    assert "lucas.roy: Moves to ministral-8b-2512" in overview
    assert "<strong>2 of them</strong> have nobody who looks after them." in overview
    assert "Legal asks for it to stay" in client.get(f"/models/{kept['Contract clause finder'].model_id}/").text


def test_the_chain_is_whole_and_no_moment_lies_ahead_or_before_another(demo: Sandbox):
    before = timezone.now()
    play_past()
    count, fault = verify_chain()
    assert (count > 30, fault) == (True, None)
    for moments in (AuditEvent.objects.order_by("pk"), CatalogChange.objects.order_by("pk")):
        times = [each.at for each in moments]
        assert times == sorted(times)
        assert before - timedelta(days=DAYS + 1) < times[0] < times[-1] < before
    assert not SyncRun.objects.exclude(outcome="succeeded").exists()
    assert not Lease.objects.exists()
    assert abs(timezone.now() - before) < timedelta(minutes=1), "the clock is right again"


def test_it_ends_with_the_models_of_a_demo_without_a_past(demo: Sandbox):
    play_past()
    run_sync()
    assert not CatalogChange.objects.filter(at__gt=timezone.now() - timedelta(days=1)).exists(), "nothing is new today"
    known = facts_of(CatalogModel.objects.filter(missing_since=None))
    assert not CatalogModel.objects.exclude(pending={}).exists(), "nothing waits to be confirmed"
    gone = set(CatalogModel.objects.exclude(missing_since=None).values_list("name", flat=True))
    CatalogModel.objects.all().delete()
    demo.reset()
    run_sync()
    assert known == facts_of(CatalogModel.objects.all())
    assert gone == {"Trial run", "devstral-small-2507"}


def test_the_same_day_tells_the_same_story(demo: Sandbox):
    told = []
    for _ in range(2):
        with time_machine.travel(datetime(2026, 11, 26, 10, tzinfo=UTC), tick=False):
            demo.catalog.anchor = datetime(2026, 11, 26, tzinfo=UTC).date()
            play_past()
        told.append(story())
        for table in (CatalogModel, CatalogChange, SavedList):
            table.objects.all().delete()
        AuditEvent.objects.all()._raw_delete("default")
        User.objects.filter(username__contains=".").delete()
    assert told[0] == told[1]


def test_everyone_finds_one_saved_view(demo: Sandbox, client: Client):
    play_past()
    client.force_login(User.objects.get(username="viewer"))
    assert "★" in client.get("/models/").text
    assert "ana.diop" in client.get("/views/").text
    assert "saved the view “<bdi>Vision and tools</bdi>”" in client.get("/activity/").text


def test_changes_and_activity_show_it_to_whoever_signs_in(demo: Sandbox, client: Client):
    play_past()
    client.force_login(User.objects.get(username="viewer"))
    changes, activity = client.get("/changes/").text, client.get("/activity/").text
    assert "magistral-medium-latest" in changes
    assert "devstral-small-2507" in changes
    assert "ana.diop" in activity
    assert "Not in use. Kept for the audit." in activity


def test_nobody_can_sign_in_as_a_colleague(demo: Sandbox, client: Client):
    play_past()
    assert not User.objects.get(username="ana.diop").has_usable_password()


@pytest.fixture
def broken(demo: Sandbox) -> Iterator[Sandbox]:
    demo.faults.add("500", verb="update")
    yield demo
    demo.faults.clear()


def test_a_past_that_breaks_leaves_nothing_behind_and_can_be_played_again(broken: Sandbox):
    with pytest.raises(PastBroken):
        play_past()
    assert not CatalogModel.objects.exists()
    assert not AuditEvent.objects.exists()
    assert not User.objects.filter(username="ana.diop").exists()
    broken.faults.clear()
    play_past()
    assert AuditEvent.objects.exists()


# --- The clock


def test_the_clock_of_a_dashboard_with_a_key_cannot_be_turned(sandbox: Sandbox, settings):
    settings.DEMO = False
    with pytest.raises(ClockIsReal), turned_clock(timezone.now() - timedelta(days=1)):
        pass
    with pytest.raises(ClockIsReal):
        play_past()
    assert not AuditEvent.objects.exists()


def test_the_demos_clock_goes_on_alone_and_never_past_the_real_one(demo: Sandbox):
    now = timezone.now()
    with pytest.raises(ClockIsReal), turned_clock(now + timedelta(hours=1)):
        pass
    with turned_clock(now - timedelta(days=2)) as clock:
        assert timezone.now() < timezone.now() < now - timedelta(days=1)
        clock.turn_to(now - timedelta(days=1))
        for wrong in (now - timedelta(days=2), now + timedelta(hours=1)):
            with pytest.raises(ClockIsReal):
                clock.turn_to(wrong)
    assert timezone.now() >= now


def test_the_clock_is_right_again_after_an_error(demo: Sandbox):
    with pytest.raises(RuntimeError), turned_clock(timezone.now() - timedelta(days=9)):
        raise RuntimeError
    assert timezone.now() - datetime.now(UTC) < timedelta(seconds=1)
