"""A world in which every text is hostile, and what nobody but its owner may see."""

from dataclasses import dataclass, field

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from django.utils import timezone

from models_ui.access.roles import Role
from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.actions.deletions import ask_for_deletion, plan_deletion
from models_ui.alerts.feeds.addresses import make_address
from models_ui.alerts.feeds.query import FeedQuery
from models_ui.audit.chain import Entry, Outcome, append_event
from models_ui.bulk.jobs import make_job, start_job
from models_ui.catalog.query import CatalogQuery
from models_ui.catalog.saved_lists import save_list
from models_ui.mirror.sync import run_sync
from models_ui.models import CatalogModel, Watch
from models_ui.people.invitations import invite
from sandbox import Sandbox
from tests.conftest import person
from tests.support.sign_in import sign_in

MARK = "<zq\"'>"
ROLES = ("anonymous", "viewer", "editor", "manager", "superuser")
TUNE = "ft:open-mistral-7b:zq:20260101:0000"
HOSTILE_TUNE = f"ft:{MARK}:=zq"
OWN_WORDS = ("zqprivateview", "zqagent", "zqfeedname")  # erin's: a view, a browser, a feed
ADDRESS = "erin-zqmail@example.org"


@dataclass
class World:
    """Who can ask, what an address can name, and what must never be in an answer."""

    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    entries: list[object] = field(default_factory=list)


def make_world(sandbox: Sandbox) -> World:
    world = World(secrets=[sandbox.key, settings.SECRET_KEY, "zqwebhooksecret", "zqmetricstoken"])
    _add_models(sandbox)
    assert run_sync().outcome == "synced"
    people = {role: person(role, Role[role.upper()]) for role in ("viewer", "editor", "manager")}
    people["superuser"] = User.objects.create_superuser("superuser", "superuser@example.org", "some password")
    erin = person("erin", Role.MANAGER)
    User.objects.filter(pk=erin.pk).update(first_name=MARK, last_name="=zq", email=ADDRESS)
    keys = [_sign_in(user, role, world) for role, user in people.items()]
    UserSession.objects.create(user=erin, session_key="zqerinssession", ip="0.0.0.0", user_agent="zqagent/1")
    world.secrets += [*keys, "zqerinssession"]
    _keep_things(erin, people, world)
    jobs = [_make_jobs(people[role]) for role in ("editor", "manager")]
    _tell_history(erin)
    digests = CatalogModel.objects.filter(model_id=HOSTILE_TUNE)
    world.values |= {
        "model_id": [*CatalogModel.objects.values_list("model_id", flat=True)[:5], TUNE, HOSTILE_TUNE],
        "job_id": [job for pair in jobs for job in pair],
        "action_id": ["a" * 32, "b" * 32],
        "verb": ["tag", "assign", "note", "plan"],
        "pk": [str(number) for number in range(1, 9)],
        "digest": [row.model_id for row in digests],
        "app_label": ["models_ui", "auth"],
        "seen": [signing.dumps(None), signing.dumps(MARK), signing.dumps([])],
    }
    world.entries = sandbox.catalog.entries()
    sandbox.log.clear()
    return world


def _add_models(sandbox: Sandbox) -> None:
    pattern = next(entry for entry in sandbox.catalog.entries() if entry["id"].startswith("ft:"))
    base = next(entry for entry in sandbox.catalog.entries() if not entry["id"].startswith("ft:"))
    hostile = {"name": f"=zq() {MARK}", "description": f"@zq\r\n{MARK}\u202e", "archived": False}
    sandbox.catalog.add({**pattern, **hostile, "id": TUNE}, {**pattern, **hostile, "id": HOSTILE_TUNE})
    base_words = {"id": "zq-base", "name": f"zq-base{MARK}", "description": MARK, "owned_by": MARK, "aliases": [MARK]}
    sandbox.catalog.add({**base, **base_words, "deprecation": "2027-01-20T12:00:00Z"})


def _sign_in(user: User, role: str, world: World) -> str:
    browser = Client(HTTP_USER_AGENT=f"{MARK}{role}")
    sign_in(browser, user)
    world.cookies[role] = {name: morsel.value for name, morsel in browser.cookies.items()}
    return browser.session.session_key


def _keep_things(erin: User, people: dict[str, User], world: World) -> None:
    """Give everybody a view, a watch and a feed, and one person an invitation."""
    now, query = timezone.now(), CatalogQuery.parse("q=zq").query
    save_list(owner=erin, name="zqprivateview", query=query, shared=False, now=now)
    save_list(owner=erin, name=f"={MARK}", query=query, shared=True, now=now)
    make_address(owner=erin, name="zqfeedname", query=FeedQuery(), language="en", form_id="e", now=now)
    world.values["secret"] = []
    for role, user in people.items():
        save_list(owner=user, name=f"{MARK} {role}", query=query, shared=False, now=now)
        Watch.objects.create(owner=user, model_id=HOSTILE_TUNE, created_at=now)
        made = make_address(owner=user, name=MARK, query=FeedQuery(), language="fr", form_id="f", now=now)
        assert made
        world.values["secret"].append(made[1])
    _invitation, secret = invite(actor=erin, role=Role.VIEWER, email="zq@example.org", now=now)
    world.values["secret"].append(secret)


def _make_jobs(user: User) -> list[str]:
    draft = make_job(actor=user, verb=Verb.ARCHIVE, model_ids=[TUNE, HOSTILE_TUNE])
    begun = make_job(actor=user, verb=Verb.ARCHIVE, model_ids=[TUNE])
    start_job(actor=user, job_id=begun.pk, reason=MARK)
    return [draft.pk, begun.pk]


def _tell_history(erin: User) -> None:
    for action_id, outcome in (("a" * 32, Outcome.SUCCEEDED), ("b" * 32, Outcome.UNKNOWN)):
        words = {"actor": MARK, "model_id": TUNE, "before": {"name": MARK}, "after": {"name": f"=zq() {MARK}"}}
        append_event(Entry(action_id=action_id, kind="model.renamed", reason=f"={MARK}", **words), outcome)
    tunes = CatalogModel.objects.filter(model_id__startswith="ft:", archived=False).exclude(model_id__contains="zq")
    first, second = tunes.values_list("model_id", flat=True)[:2]
    ask_for_deletion(context=Context(actor=erin, reason=MARK), model_id=first)
    plan_deletion(context=Context(actor=erin, reason=f"-{MARK}"), model_id=second)
