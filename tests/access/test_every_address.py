"""Who may do what: every address of the project, each role, each method, against one explicit table."""

import copy
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, User
from django.core import signing
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from models_ui.access.roles import Role
from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.actions.deletions import ask_for_deletion
from models_ui.audit.chain import Entry, Outcome, append_event
from models_ui.bulk.jobs import make_job
from models_ui.models import AuditEvent, CatalogModel, SyncRun
from sandbox import Sandbox
from tests.conftest import person
from tests.support.sign_in import sign_in

METHODS = ("GET", "POST", "PUT", "DELETE")
ROLES = ("anonymous", "viewer", "editor", "manager")
ARCHIVED = "a" * 32  # an action that succeeded
UNKNOWN = "b" * 32  # and one of unknown outcome

ADMIN_PAGES = ("changelist", "add", "history", "delete", "change")
ADMIN_TABLES = {
    "auth_user": User,
    "auth_group": Group,
    "models_ui_catalogmodel": CatalogModel,
    "models_ui_syncrun": SyncRun,
    "models_ui_auditevent": AuditEvent,
}

ADMIN_NAMES = (
    *(f"admin:{page}" for page in ("index", "password_change", "password_change_done", "autocomplete", "jsi18n")),
    *(f"admin:{page}" for page in ("view_on_site", "app_list", "…")),
    *(f"admin:{table}_{page}" for table in ADMIN_TABLES for page in (*ADMIN_PAGES, "…")),
)

# For each method, what the roles are answered, in their order. `login` is a redirect to the login page, or that page
# itself beside the text that a form had brought. Any other 302 leads back to where one came from, or to the thing.
READ = ("login 200 200 200", "login 405 405 405", "login 405 405 405", "login 405 405 405")
EDIT = ("login 403 200 200", "login 403 302 302", "login 405 405 405", "login 405 405 405")
MANAGE = ("login 403 403 200", "login 403 403 302", "login 405 405 405", "login 405 405 405")
NOBODY = ("login 405 405 405", "login 403 403 404", "login 405 405 405", "login 405 405 405")
MANAGES_PERSON = ("login 405 405 405", "login 403 403 302", "login 405 405 405", "login 405 405 405")
OWN_ACCOUNT = ("login 200 200 200", "login 200 200 200", "login 200 200 200", "login 405 405 405")
INFORMATION = ("200 200 200 200", "405 405 405 405", "405 405 405 405", "405 405 405 405")
EVERYBODY = ("200 200 200 200",) * 4
TABLE = {
    "home": READ,
    "retirements": READ,
    "deprecations": ("login 301 301 301", "login 405 405 405", "login 405 405 405", "login 405 405 405"),
    "catalog": READ,
    "compare": READ,
    "catalog_csv": READ,
    "catalog_json": READ,
    "model": READ,
    "row": ("login 302 302 302", "login 405 405 405", "login 405 405 405", "login 405 405 405"),
    "rename": EDIT,
    "describe": EDIT,
    "care": EDIT,
    "take": ("login 405 405 405", "login 403 302 302", "login 405 405 405", "login 405 405 405"),
    # The id in the example is one that an address can carry, so no digest stands for it.
    "model_by_digest": ("login 404 404 404", "login 405 405 405", "login 405 405 405", "login 405 405 405"),
    "archive": EDIT,
    "unarchive": EDIT,
    "protect": MANAGE,
    "unprotect": MANAGE,
    "delete": MANAGE,
    "delete_now": MANAGE,
    "ask_deletion": EDIT,
    "decide_deletion": ("login 405 405 405", "login 403 403 302", "login 405 405 405", "login 405 405 405"),
    "keep_model": ("login 405 405 405", "login 403 302 302", "login 405 405 405", "login 405 405 405"),
    "activity": READ,
    "activity_csv": READ,
    "activity_json": READ,
    "changes": READ,
    "changes_csv": READ,
    "changes_json": READ,
    "undo": EDIT,
    "settle": ("login 405 405 405", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    "feeds": ("login 200 200 200", "login 200 200 200", "login 405 405 405", "login 405 405 405"),
    "revoke_feed": ("login 405 405 405", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    # Whoever has the secret of one may read it, signed in or not; nobody has this one.
    "models_ics": ("404 404 404 404", "405 405 405 405", "405 405 405 405", "405 405 405 405"),
    "changes_atom": ("404 404 404 404", "405 405 405 405", "405 405 405 405", "405 405 405 405"),
    "no_feed": ("404 404 404 404",) * 4,
    "watching": READ,
    "add_watch": ("login 405 405 405", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    "choose_digest": ("login 405 405 405", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    # Whatever the role, it is one's own list alone; this entry is nobody's.
    "stop_watch": ("login 405 405 405", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    "acknowledge_watch": ("login 405 405 405", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    "snooze_watch": ("login 405 405 405", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    "resume_watch": ("login 405 405 405", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    "bulk": ("login 200 200 200", "login 403 303 303", "login 405 405 405", "login 405 405 405"),
    # A draft of one's own; the Viewer finds somebody else's. 409: it has not run yet, so there is nothing to repeat.
    "bulk_job": READ,
    "bulk_start": ("login 405 405 405", "login 403 303 303", "login 405 405 405", "login 405 405 405"),
    "bulk_cancel": ("login 405 405 405", "login 403 303 303", "login 405 405 405", "login 405 405 405"),
    "bulk_retry": ("login 405 405 405", "login 403 409 409", "login 405 405 405", "login 405 405 405"),
    "bulk_resume": ("login 405 405 405", "login 403 409 409", "login 405 405 405", "login 405 405 405"),
    "bulk_undo": ("login 405 405 405", "login 403 409 409", "login 405 405 405", "login 405 405 405"),
    "people": ("login 403 403 200", "login 405 405 405", "login 405 405 405", "login 405 405 405"),
    "first_run": ("login 403 403 200", "login 403 403 200", "login 405 405 405", "login 405 405 405"),
    # Without a role in the form; 404: nobody has this key.
    "invite": ("login 405 405 405", "login 403 403 422", "login 405 405 405", "login 405 405 405"),
    "change_role": NOBODY,
    "deactivate": MANAGES_PERSON,
    "reactivate": MANAGES_PERSON,
    "renew_invitation": NOBODY,
    "revoke_invitation": NOBODY,
    # Whoever has the secret of one may use it, signed in or not; nobody has this one.
    "invitation": ("404 404 404 404", "404 404 404 404", "405 405 405 405", "405 405 405 405"),
    # Where no identity provider is set up.
    "sign_on": ("404 404 404 404", "404 404 404 404", "405 405 405 405", "405 405 405 405"),
    "sign_on_callback": ("404 404 404 404", "405 405 405 405", "405 405 405 405", "405 405 405 405"),
    # Whoever has the secret of one may use it; nobody has this one.
    "sign_in_link": ("404 404 404 404", "404 404 404 404", "405 405 405 405", "405 405 405 405"),
    "palette": READ,
    "keyboard": READ,
    "profile": ("login 200 200 200", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    "change_name": ("login 405 405 405", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    # The form of the example has no password.
    "change_email": ("login 405 405 405", "login 422 422 422", "login 405 405 405", "login 405 405 405"),
    "keep_email": ("login 405 405 405", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    # One's own sessions alone; this one is somebody else's.
    "end_session": ("login 405 405 405", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    "end_other_sessions": ("login 405 405 405", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    "former_profile": ("login 301 301 301", "login 405 405 405", "login 405 405 405", "login 405 405 405"),
    "choose_preference": ("login 405 405 405", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    "saved_lists": READ,
    "new_saved_list": ("login 200 200 200", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    # The example is somebody's own: a private one does not exist for others, whatever their role.
    "saved_list": ("login 404 404 404", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    "update_saved_list": ("login 405 405 405", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    "delete_saved_list": ("login 405 405 405", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    "sync": ("login 302 302 302", "login 302 302 302", "login 405 405 405", "login 405 405 405"),
    "healthz": EVERYBODY,
    "readyz": EVERYBODY,
    # From the machine itself, as the tests ask.
    "metrics": INFORMATION,
    "set_language": ("302 302 302 302",) * 4,
    "account_login": ("200 302 302 302", "200 302 302 302", "200 302 302 302", "405 302 302 302"),
    "account_logout": ("302 200 200 200", "302 302 302 302", "405 405 405 405", "405 405 405 405"),
    "account_inactive": INFORMATION,
    "account_signup": ("200 302 302 302",) * 4,  # a page that says that nobody can sign up
    "account_reauthenticate": OWN_ACCOUNT,
    "account_email": ("login 302 302 302",) * 4,  # leads to the profile
    "mfa_index": ("login 302 302 302",) * 4,  # leads to the profile
    "mfa_authenticate": ("login 302 302 302",) * 4,  # only between the password and the code
    "mfa_reauthenticate": ("login 302 302 302",) * 4,  # leads to the password of who has no second factor
    "mfa_activate_totp": OWN_ACCOUNT,
    "mfa_deactivate_totp": ("login 404 404 404",) * 4,
    "mfa_view_recovery_codes": ("login 404 404 404", "login 405 405 405", "login 405 405 405", "login 405 405 405"),
    "mfa_generate_recovery_codes": OWN_ACCOUNT,
    "mfa_download_recovery_codes": ("login 404 404 404",) * 4,
    "mfa_list_webauthn": ("login 302 302 302",) * 4,  # leads to the profile
    "mfa_add_webauthn": OWN_ACCOUNT,
    "mfa_edit_webauthn": ("login 404 404 404", "login 404 404 404", "login 404 404 404", "login 405 405 405"),
    "mfa_remove_webauthn": ("login 404 404 404", "login 404 404 404", "login 405 405 405", "login 404 404 404"),
    "mfa_reauthenticate_webauthn": ("login 302 302 302",) * 4,  # leads to the password of who has no passkey
    # Nobody signs on elsewhere here.
    "sign_on_again": ("login 404 404 404", "login 405 405 405", "login 405 405 405", "login 405 405 405"),
    "reset_second_factor": NOBODY,
    "browser_report": ("405 405 405 405", "204 204 204 204", "405 405 405 405", "405 405 405 405"),
    "browser_reports": ("login 403 403 200", "login 405 405 405", "login 405 405 405", "login 405 405 405"),
    "account_email_verification_sent": INFORMATION,
    "account_change_password": OWN_ACCOUNT,
    "account_set_password": ("login 302 302 302",) * 4,
    "account_reset_password": ("200 200 200 200", "200 200 200 200", "200 200 200 200", "405 405 405 405"),
    "account_confirm_login_code": ("login 302 302 302",) * 4,
    "account_confirm_email": ("login 200 200 200", "login 404 404 404", "login 405 405 405", "login 405 405 405"),
    "account_reset_password_from_key": EVERYBODY,
    "account_reset_password_from_key_done": INFORMATION,
    "account_reset_password_done": INFORMATION,
    "admin:login": ("login 403 403 403",) * 4,
    "admin:logout": ("login 302 302 302",) * 4,
    # The admin is for superusers alone, so nobody with a role gets in.
    **dict.fromkeys(ADMIN_NAMES, ("login login login login",) * 4),
}


def addresses(resolver: URLResolver | None = None, before: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Every address: the name that the table has it by, and its pattern."""
    for each in (resolver or get_resolver()).url_patterns:
        pattern = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each, pattern, space or each.namespace or "")
        else:
            assert isinstance(each, URLPattern)
            yield (f"{space}:{each.name or unnamed(pattern)}" if space else each.name or pattern), pattern


def unnamed(pattern: str) -> str:
    """A name for those of the admin's addresses that lead on to others."""
    return next(
        (
            f"{table}_…"
            for table in ADMIN_TABLES
            if f"/{table.replace('_', '/').replace('models/ui', 'models_ui')}/" in pattern
        ),
        "…",
    )


def owned_by_erin(name: str) -> int:
    """The key of what an address is about: erin herself, or her session."""
    if name == "end_session":
        return UserSession.objects.get(session_key="erins").pk
    return User.objects.get(username="erin").pk if TABLE[name] == MANAGES_PERSON else 1


def example(pattern: str, name: str, model_id: str, job_id: str) -> str:
    """An address that fits the pattern."""
    table = next((rows for prefix, rows in ADMIN_TABLES.items() if name.startswith(f"admin:{prefix}_")), None)
    row = table.objects.last() if table else None
    key = str(row.pk) if row else "1"
    values = {
        "model_id": model_id,
        "job_id": job_id,
        "digest": "0" * 40,
        "pk": str(owned_by_erin(name)),
        "secret": "feed-secret",
        "rest": "mistyped",
        "verb": "tag",
        "action_id": UNKNOWN if name == "settle" else ARCHIVED,
        "object_id": key,
        "content_type_id": "1",
        "id": key,
        "key": "some-key",
        "uidb36": "1",
        "app_label": "models_ui",
        "url": "nowhere",
    }
    found = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values[match[1]], pattern.replace("(?P", ""))
    found = re.sub(r"(?:\[[^]]*\]\+|\.[+*]|models_ui\|auth\|account)\)|[\^$\\(]", "", found)
    return f"/{found}"


def answer(client: Client, method: str, address: str, data: dict[str, str]) -> str:
    response = client.post(address, data) if method == "POST" else client.generic(method, address)
    to_login = response.status_code == 302 and re.match("/(accounts|admin)/login/", response["Location"])
    to_login = to_login or b"You were signed out, so nothing was done." in response.content
    return "login" if to_login else str(response.status_code)


def form_of(name: str, tune: CatalogModel) -> dict[str, str]:
    """A form that whoever may do it gets through with."""
    forms = {
        "bulk": {"verb": "archive", "model": tune.model_id},
        "rename": {"value": "New", "seen": signing.dumps(tune.name), "action_id": "n"},
        "describe": {"value": "New", "seen": signing.dumps(tune.description), "action_id": "d"},
        "care": {"value": "legal", "seen": signing.dumps([]), "action_id": "t"},
        "delete_now": {"typed_id": tune.model_id},
        "ask_deletion": {"reason": "Nobody calls it"},
        "decide_deletion": {"decision": "decline", "words": "Legal needs it"},
        "set_language": {"language": "fr"},
        "feeds": {"name": "New", "language": "en", "form_id": "f"},
        "add_watch": {"model_id": tune.model_id},
        "profile": {"theme": "dark", "density": "roomy", "facets": "open"},
        "choose_preference": {"theme": "dark"},
        "new_saved_list": {"name": "New", "query": "capability=vision"},
        "choose_digest": {"scope": "watched", "language": "fr"},
    }
    return forms.get(name, {})


def acted(action_id: str, tune: CatalogModel, kind: str, outcome: Outcome, before: dict, after: dict) -> None:
    words = {"kind": kind, "actor": "erin", "model_id": tune.model_id, "before": before, "after": after}
    append_event(Entry(action_id=action_id, **words), outcome)


def signed_in(user: User | None) -> SimpleCookie:
    """Return the cookies of a person who has signed in; none of nobody."""
    client = Client()
    if user is not None:
        sign_in(client, user)
    return client.cookies


@pytest.mark.parametrize(("name", "pattern"), addresses())
def test_an_address_answers_everybody_as_the_table_says(name: str, pattern: str, synced, sandbox: Sandbox):
    assert name in TABLE, f"{pattern} is not in the table: who may do what there?"
    tune = CatalogModel.objects.get(name="Support triage", archived=name == "delete_now")
    acted(ARCHIVED, tune, "model.archived", Outcome.SUCCEEDED, {"archived": True}, {"archived": False})
    acted(UNKNOWN, tune, "model.renamed", Outcome.UNKNOWN, {"name": "x"}, {"name": tune.name})
    CatalogModel.objects.filter(pk=tune.pk).update(protected=name == "unprotect")
    erin = person("erin", Role.MANAGER)
    people = {role: person(role, Role[role.upper()]) for role in ROLES[1:]}
    UserSession.objects.create(user=erin, session_key="erins", ip="0.0.0.0")
    if name in ("decide_deletion", "keep_model"):
        ask_for_deletion(context=Context(actor=erin), model_id=tune.model_id)
    cookies = {role: signed_in(people.get(role)) for role in ROLES}
    found = []
    for method in METHODS:
        answers = []
        for role in ROLES:
            with transaction.atomic():  # everybody finds the same state, signed in
                client = Client()
                client.cookies = copy.deepcopy(cookies[role])
                job_id = ""
                if "job_id" in pattern:
                    maker = people[role] if role in ("editor", "manager") else erin
                    job_id = make_job(actor=maker, verb=Verb.ARCHIVE, model_ids=[tune.model_id]).pk
                address = example(pattern, name, tune.model_id, job_id)
                answers.append(answer(client, method, address, form_of(name, tune)))
                transaction.set_rollback(True)
            sandbox.reset()
        found.append(" ".join(answers))
    assert tuple(found) == TABLE[name], pattern


def test_the_table_names_no_address_that_is_gone():
    assert set(TABLE) == {name for name, _ in addresses()}


def test_a_person_without_a_role_may_read_like_a_viewer(synced, client_of):
    client = client_of(person("frank", None))
    assert client.get("/models/").status_code == 200
    assert client.get("/activity/").status_code == 200
    tune = CatalogModel.objects.get(name="Support triage", archived=False)
    assert client.post(f"/models/{tune.model_id}/archive/").status_code == 403


def test_a_superuser_is_a_manager(synced, client_of):
    root = person("root", None)
    root.is_superuser = root.is_staff = True
    root.save()
    tune = CatalogModel.objects.get(name="Support triage", archived=False)
    assert client_of(root).post(f"/models/{tune.model_id}/protect/").status_code == 302
    assert client_of(root).get("/admin/").status_code == 200


def test_roles_change_with_the_next_click(synced, client_of, bob):
    client = client_of(bob)
    tune = CatalogModel.objects.get(name="Support triage", archived=False)
    bob.groups.clear()
    assert client.post(f"/models/{tune.model_id}/archive/").status_code == 403
