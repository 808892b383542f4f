"""`manage.py replay_recordings`: recorded answers become the story that they tell, at their own dates."""

import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from models_ui.catalog.lifecycle import lifecycle_stage
from models_ui.mirror.recordings import recorded_at
from models_ui.mirror.state import mirror_state
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogChange, CatalogModel, Lease, SyncRun
from tests.support.directions import NAMES, turned
from tests.support.entries import FLAGS, FLAPS, LIMA, NEMO, TUNE, base, listing, tune

pytestmark = pytest.mark.django_db

BEFORE = [*LIMA, *NEMO, tune()]
Entries = list[dict[str, Any]]
Replay = Callable[..., list[str]]


@pytest.fixture
def replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Replay:
    """`replay({"2025-04-27": entries, …})`: what changed, as a date and a sentence."""

    def run(recordings: dict[str, Entries], *options: str) -> list[str]:
        for name, entries in recordings.items():
            (tmp_path / f"list-{name}.json").write_text(json.dumps({"object": "list", "data": entries}))
        call_command("replay_recordings", str(tmp_path), *options)
        run.output = capsys.readouterr().out  # type: ignore[attr-defined]
        found, day = [], ""
        for line in run.output.splitlines():  # type: ignore[attr-defined]
            if line.startswith("  "):
                found.append(f"{day} {line[25:]}")
            else:
                day = line[:10]
        return found

    return run


def nemo(**fields: Any) -> Entries:
    return [*LIMA, *listing("nemo", "nemo", "nemo-2407", **fields), tune()]


SERIES: dict[str, Entries] = {
    "2025-01-05": BEFORE,
    "2025-01-12": nemo(deprecation="2025-03-31T12:00:00Z"),
    "2025-01-19": nemo(deprecation="2025-04-30T12:00:00Z", capabilities={**FLAGS, "ocr": True}),
    "2025-01-26": [
        *listing("lima-2508", "lima-2508", "lima"),
        *listing("lima-2512", "lima-2512", "lima-latest"),
        *NEMO,
        tune(),
    ],
    "2025-05-04": [*listing("lima-2512", "lima-2512", "lima-latest", "lima"), tune()],
}
STORY = [
    "2025-01-12 nemo stops working on 31 Mar 2025.",
    "2025-01-19 nemo stops working on 30 Apr 2025, no longer on 31 Mar 2025.",
    "2025-01-19 nemo gained OCR.",
    "2025-01-26 lima-2512 is new.",
    "2025-01-26 nemo was to stop working on 30 Apr 2025; that date is withdrawn.",
    "2025-01-26 nemo lost OCR.",
    "2025-01-26 lima-latest now means lima-2512, before lima-2508.",
    "2025-05-04 lima-2508 is gone from Mistral’s list.",
    "2025-05-04 nemo is gone from Mistral’s list.",
    "2025-05-04 lima now means lima-2512, before lima-2508.",
]


def test_a_series_tells_its_story_each_change_once_at_its_own_date(replay: Replay):
    assert replay(SERIES) == STORY
    assert "list-2025-01-05.json: 6 entries, 3 models. The story starts here." in replay.output
    assert "Changes: 10, in answers: 5." in replay.output
    assert {f"{each.at:%Y-%m-%d}" for each in CatalogChange.objects.all()} == {line[:10] for line in STORY}


def test_rows_and_runs_carry_the_recordings_dates_and_the_lifecycle_the_real_one(replay: Replay):
    replay({**SERIES, "2025-02-02": [*LIMA, tune()]})
    row = CatalogModel.objects.get(model_id="nemo")
    assert row.first_seen_at == datetime(2025, 1, 5, tzinfo=UTC)
    assert row.last_seen_at == datetime(2025, 1, 26, tzinfo=UTC)
    assert row.missing_since == datetime(2025, 2, 2, tzinfo=UTC)
    assert CatalogModel.objects.get(model_id="lima-2512").first_seen_at == datetime(2025, 1, 26, tzinfo=UTC)
    assert mirror_state().last_synced_at == datetime(2025, 5, 4, tzinfo=UTC)
    assert set(SyncRun.objects.values_list("started_at__year", "finished_at__year")) == {(2025, 2025)}
    assert lifecycle_stage(datetime(2025, 3, 31, tzinfo=UTC), datetime.now(UTC)) == "retired"


def test_the_order_of_entries_and_of_files_changes_nothing(replay: Replay):
    backwards = {f"{name}T00-00-00Z": list(reversed(entries)) for name, entries in reversed(SERIES.items())}
    assert sorted(replay(backwards)) == sorted(STORY)


TRIPLE = ("2025-09-21T14-53-44Z", "2025-09-21T14-53-49Z", "2025-09-21T14-53-54Z")


@pytest.mark.parametrize("flap", FLAPS)
@pytest.mark.parametrize("after", [{}, {"2025-09-28": BEFORE}])
@pytest.mark.parametrize(
    ("before", "places"),
    # At the start of a series, of what is mostly bad nobody could tell that it is.
    [({}, (0,)), ({}, (1,)), ({}, (2,)), *(({"2025-09-14": BEFORE}, each) for each in ((0,), (1,), (2,), (0, 2)))],
)
def test_answers_seconds_apart_that_disagree_report_nothing(replay: Replay, flap, before, after, places):
    """Wherever in the triple the bad answer is, and wherever in the series the triple is."""
    burst = {name: nemo(**flap) if place in places else BEFORE for place, name in enumerate(TRIPLE)}
    assert replay({**before, **burst, **after}) == []


@pytest.mark.parametrize("pair", [(BEFORE, nemo(**FLAPS[0])), (nemo(**FLAPS[0]), BEFORE)])
@pytest.mark.parametrize("before", [{}, {"2025-09-14": BEFORE}])
def test_a_pair_alone_reports_nothing_and_says_what_it_left_open(
    replay: Replay, pair: tuple[Entries, Entries], before: dict[str, Entries]
):
    assert replay({**before, **dict(zip(TRIPLE, pair, strict=False))}) == []
    # At the start nothing is known yet that it could change.
    is_open = bool(before) and pair[0] is BEFORE
    left_open = "Not confirmed yet, so not told: nemo (completion_chat, max_context_length, vision)"
    assert (left_open in replay.output) == is_open


def test_a_real_change_within_seconds_is_told_once_another_answer_says_it(replay: Replay):
    gone = [*LIMA, tune()]
    assert replay({TRIPLE[0]: BEFORE, TRIPLE[1]: gone}) == []
    assert replay({"2025-09-28": gone}) == ["2025-09-28 nemo is gone from Mistral’s list."]
    assert CatalogModel.objects.get(model_id="nemo").missing_since == datetime(2025, 9, 21, 14, 53, 49, tzinfo=UTC)


def test_duplicate_ids_null_names_and_odd_entries_confuse_nothing(replay: Replay):
    first = listing("voxtral-2507", "voxtral-2507", "voxtral-latest", description="hears")
    second = listing("voxtral-transcribe-2507", "voxtral-2507", "voxtral-latest", description="writes")
    odd: list[Any] = [None, 7, base("", None)]
    found = replay(
        {
            "2025-08-03": [*NEMO, *first, base("large-latest", None)],
            "2025-08-10": [*second, *NEMO, *first, *odd, *listing("medium-2505", "medium-2505", "large-latest")],
            "2025-08-17": [*first, *second, *NEMO, base("large-latest", None), base("medium-2505", "medium-2505")],
            "2025-08-24": [*first, *second, *NEMO, base("large-latest", None), base("medium-2505", "medium-2505")],
        }
    )
    assert found == [
        "2025-08-10 voxtral-transcribe-2507 is new. (voxtral-2507)",
        "2025-08-10 medium-2505 is new.",
        "2025-08-10 large-latest now means medium-2505, before it was a model of its own.",
        "2025-08-17 large-latest is now a model of its own, before it meant medium-2505.",
    ]


def test_replayed_answers_are_left_out_the_next_time_and_later_ones_go_on(replay: Replay):
    replay(SERIES)
    rows, changes = CatalogModel.objects.count(), CatalogChange.objects.count()
    assert replay({}) == []
    assert "Left out: 5" in replay.output
    assert replay({"2025-06-01": nemo(), "2024-01-01": []}) == [
        "2025-06-01 lima-2508 is listed again.",
        "2025-06-01 nemo is listed again.",
        "2025-06-01 lima-2512 is gone from Mistral’s list.",
        "2025-06-01 lima now means lima-2508, before lima-2512.",
        "2025-06-01 lima-latest now means lima-2508, before lima-2512.",
    ]
    assert (CatalogModel.objects.count(), CatalogChange.objects.count()) == (rows, changes + 5)


def test_a_mirror_with_other_rows_is_refused_and_none_of_it_changes(replay: Replay, synced):
    before = list(CatalogModel.objects.values())
    with pytest.raises(CommandError, match=r"never mix .* --dry-run"):
        replay(SERIES)
    assert replay(SERIES, "--dry-run") == STORY
    assert "Nothing of this was kept." in replay.output
    assert list(CatalogModel.objects.values()) == before
    assert not CatalogChange.objects.exists()
    assert mirror_state().upstream != "recordings"


def test_a_replayed_mirror_takes_in_nothing_live(replay: Replay, sandbox):
    replay(SERIES)
    before = list(CatalogModel.objects.values())
    result = run_sync()
    assert result.run is not None
    assert result.run.failure["code"] == "other_upstream"
    assert list(CatalogModel.objects.values()) == before
    assert sandbox.calls == []


def test_an_empty_answer_is_not_taken_in_and_ends_no_model(replay: Replay):
    assert replay({"2025-01-05": BEFORE, "2025-01-12": [], "2025-01-19": BEFORE}) == []
    assert "list-2025-01-12.json: not taken in. The Models API listed no model at all" in replay.output


def test_files_that_are_no_recordings_are_named_and_left_out(
    replay: Replay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for name, text in {
        "notes-2025-01-01.json": '{"detail": "x"}',
        "broken-2025-01-02.json": "{",
        "dateless.json": '{"data": [{"id": "x", "created": "soon"}]}',
        "readme.md": "2025-01-01",
    }.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(CommandError, match="no recorded list answer"):
        call_command("replay_recordings", str(tmp_path))
    assert replay(SERIES) == STORY
    call_command("replay_recordings", str(tmp_path))
    errors = capsys.readouterr().err
    assert "notes-2025-01-01.json is left out: It holds no list of models." in errors
    assert "broken-2025-01-02.json is left out" in errors
    assert "dateless.json is left out: Neither its name nor its entries say when" in errors
    with pytest.raises(CommandError, match="is no directory"):
        call_command("replay_recordings", str(tmp_path / "readme.md"))


def test_another_sync_under_way_stops_the_replay(replay: Replay):
    Lease.objects.create(name="sync", token="x", expires_at=datetime.now(UTC) + timedelta(seconds=60))
    with pytest.raises(CommandError, match="Another sync is under way"):
        replay(SERIES)


CLOCK = int(datetime(2025, 4, 27, 15, 39, 3, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("name", "created", "expected"),
    [
        ("list-2025-04-27.json", None, "2025-04-27T00:00:00"),
        ("list-2025-04-27.json", CLOCK, "2025-04-27T15:39:03"),
        ("list-2025-04-28.json", CLOCK, "2025-04-28T00:00:00"),  # a copy of another day's clock
        ("list-2025-04-27-2.json", None, "2025-04-27T00:00:00"),
        ("list-20250427.json", None, "2025-04-27T00:00:00"),
        ("2025-09-21T14:53:49Z.json", CLOCK, "2025-09-21T14:53:49"),
        ("2025-09-21T14-53-49.123Z.json", None, "2025-09-21T14:53:49"),
        ("2025-09-21T14-53-49-123Z.json", None, "2025-09-21T14:53:49"),
        ("2025-09-21_145349-models.json", None, "2025-09-21T14:53:49"),
        ("20250921T145349Z.json", None, "2025-09-21T14:53:49"),
        ("models 2025-09-21 14.53.json", None, "2025-09-21T14:53:00"),
        ("2025-09-21T14-53-49+02-00.json", None, "2025-09-21T14:53:49"),
        ("2025-09-21T14:53:49+02:00.json", None, "2025-09-21T12:53:49"),
        ("2025-09-21T23:53:49-0130.json", None, "2025-09-22T01:23:49"),
        ("list-2025-02-30-of-2025-03-01.json", None, "2025-03-01T00:00:00"),
        ("answer.json", CLOCK, "2025-04-27T15:39:03"),
        ("v1-mistral-2512-1.json", CLOCK, "2025-04-27T15:39:03"),
        ("answer.json", None, None),
        ("answer.json", 10**18, None),
        ("answer.json", True, None),
    ],
)
def test_when_an_answer_was_recorded(name: str, created: Any, expected: str | None):
    entries = [base("x", "x", created=created), base("y", "y", created=created), tune(created=1), None]
    found = recorded_at(name, entries)
    assert (found and found.replace(tzinfo=None).isoformat()) == expected


def test_fine_tunes_are_told_by_name_with_their_id(replay: Replay):
    assert replay({"2025-01-05": BEFORE, "2025-01-12": [*LIMA, *NEMO, tune(name="Helpdesk")]}) == [
        f"2025-01-12 “Support” was renamed outside this dashboard: it is now “Helpdesk”. ({TUNE})"
    ]


@pytest.mark.parametrize("name", [*NAMES, "a\x1b[31mb", "a\nb", "a\x85b", "a\u2028b", "\ud800"])
def test_no_name_or_id_turns_a_line_of_the_story_or_writes_to_the_terminal(replay: Replay, name: str):
    model_id = f"odd {name}"
    odd = base(model_id, None, f"alias {name}")
    recordings = {
        "2025-01-05": [*LIMA, odd, tune(name=name)],
        "2025-01-12": [*LIMA, {**odd, "max_context_length": 262_144}, tune(name=f"{name}!")],
        "2025-01-19": [*LIMA],
        "2025-01-19_0010": [*LIMA, {**odd, "max_context_length": 5}, tune(name=name)],
    }
    assert replay(recordings)
    assert "Not confirmed yet" in replay.output
    for line in replay.output.split("\n"):
        assert turned(line) == [] and "\u202e" not in line
        assert not [letter for letter in line if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")]
