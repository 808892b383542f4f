"""Before what cannot be taken back people confirm who they are, if they signed in a while ago."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from models_ui.models import AuditEvent, CatalogModel, FeedAddress, Invitation
from tests.conftest import PASSWORD
from tests.support.sign_in import sign_in

HTMX = {"HX-Request": "true", "HX-Target": "model"}


@pytest.fixture
def tune(synced) -> str:
    return CatalogModel.objects.filter(type="fine-tuned", archived=False, protected=False).first().model_id


@pytest.fixture
def late(alice) -> Client:
    """A Manager who typed the password sixteen minutes ago."""
    client = Client()
    sign_in(client, alice, ago=16 * 60)
    return client


def test_a_deletion_asks_for_the_password_and_leads_back_to_its_form(late, tune):
    answer = late.get(f"/models/{tune}/delete/")
    assert answer["Location"].startswith("/accounts/reauthenticate/?next=%2Fmodels%2F")
    page = late.get(answer["Location"]).content.decode()
    assert "Confirm who you are" in page
    wrong = late.post(answer["Location"], {"password": "wrong"})
    assert wrong.status_code == 200
    right = late.post(answer["Location"], {"password": PASSWORD, "next": f"/models/{tune}/delete/"})
    assert right["Location"] == f"/models/{tune}/delete/"
    assert late.get(right["Location"]).status_code == 200


def test_from_a_row_htmx_leads_there_as_a_whole_page(late, tune):
    answer = late.get(f"/models/{tune}/delete/", headers=HTMX)
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/accounts/reauthenticate/?next=")


def test_a_form_that_was_opened_in_time_may_be_sent(late, tune, alice):
    sent = late.post(f"/models/{tune}/delete/", {"reason": "written for long"})
    assert "reauthenticate" not in sent.get("Location", "")
    told = AuditEvent.objects.count()
    sign_in(late, alice, ago=31 * 60)
    sent = late.post(f"/models/{tune}/delete/", {"reason": "far <too> late", "typed_id": tune})
    assert sent.status_code == 403
    page = sent.content.decode()
    assert "Nothing was done yet: confirm who you are, then do it again." in page
    assert "far &lt;too&gt; late" in page
    assert 'href="/accounts/reauthenticate/?next=' in page
    assert AuditEvent.objects.count() == told


def test_htmx_is_led_to_the_proof_that_the_person_has_and_keeps_the_form(late, tune, alice):
    Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Laptop", "credential": {}})
    alice.set_unusable_password()
    alice.save()
    sign_in(late, alice, ago=31 * 60)
    answer = late.post(f"/models/{tune}/delete/", {"reason": "too late"}, headers=HTMX)
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/accounts/2fa/webauthn/reauthenticate/?next=")


def test_roles_invitations_private_links_and_exports_ask_as_well(late, bob):
    for address, form in (
        (f"/people/{bob.pk}/role/", {"role": "manager"}),
        ("/people/invite/", {"role": "manager", "email": ""}),
        ("/feeds/", {"name": "", "language": "en", "form_id": "x"}),
    ):
        answer = late.post(address, form, headers={"Referer": "http://testserver/people/"})
        assert answer["Location"] == "/accounts/reauthenticate/?next=http%3A%2F%2Ftestserver%2Fpeople%2F", address
    for address, form, typed in (
        ("/people/invite/", {"role": "manager", "email": "new@example.org"}, "new@example.org"),
        ("/feeds/", {"name": "Mine to keep", "language": "en", "form_id": "x"}, "Mine to keep"),
    ):
        answer = late.post(address, form)
        assert answer.status_code == 403
        assert typed in answer.content.decode()
    for address in ("/activity.csv", "/activity.json"):
        assert late.get(address)["Location"].startswith("/accounts/reauthenticate/")
    assert not Invitation.objects.exists()
    assert not FeedAddress.objects.exists()
    assert not AuditEvent.objects.exists()
    assert not bob.groups.filter(name="Manager").exists()


def test_everything_else_does_not_ask(late, tune):
    for address in (
        "/",
        "/models/",
        f"/models/{tune}/",
        f"/models/{tune}/rename/",
        "/people/",
        "/feeds/",
        "/activity/",
    ):
        assert late.get(address).status_code == 200, address


def test_a_setting_turns_it_off(late, tune, settings):
    settings.REAUTHENTICATE_AFTER = 0
    assert late.get(f"/models/{tune}/delete/").status_code == 200


def test_who_has_neither_password_nor_code_is_told_to_sign_in_anew(late, tune, alice):
    alice.set_unusable_password()
    alice.save()
    sign_in(late, alice, ago=16 * 60)
    answer = late.get(f"/models/{tune}/delete/")
    assert answer.status_code == 403
    assert "Sign out, sign in again, then do it again." in answer.content.decode()
