"""E-mail through Django's backends, to a real mail server: what arrives, and what comes of its refusals."""

import logging

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from models_ui.access.verbs import Verb
from models_ui.actions.context import Context
from models_ui.actions.perform import keep_value
from models_ui.models import Delivery, Said
from tests.alerts.digest.conftest import LARGE, Mailbox, only_end, run, soon
from tests.management.conftest import free_port


@pytest.fixture
def wanted(subscribe, carol, bob) -> None:
    """Bob and Carol want everything, and there is one thing to say."""
    only_end(LARGE, soon())
    for person in (bob, carol):
        subscribe(person)


def test_a_digest_arrives_as_plain_text_that_says_what_it_is(wanted, mailbox: Mailbox, settings):
    settings.DEFAULT_FROM_EMAIL = "models@example.org"
    assert run().code == 0
    assert mailbox.recipients == ["bob@example.org", "carol@example.org"]
    letter = mailbox.letters[0]
    assert letter["Subject"] == "Model dashboard: 1 thing to know"
    assert letter["To"] == "bob@example.org"
    assert letter["From"] == "models@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Unsubscribe"] == "<https://models.example.org/watching/>"
    assert letter.get_content_type() == "text/plain"
    text = letter.get_content().replace("\r\n", "\n")
    assert text.startswith(f"AHEAD\n\n- {LARGE} stops working on ")
    assert f"\n  https://models.example.org/models/{LARGE}/\n" in text
    assert text.rstrip().endswith("your watch list:\nhttps://models.example.org/watching/")


def test_an_address_that_is_refused_stops_nobody_else(wanted, mailbox: Mailbox):
    mailbox.refusals["bob@example.org"] = "550 5.1.1 No such person"
    ran = run()
    assert ran.code == 1
    assert (
        "bob was not told, and will be by the next run: the mail server refused the address (550 5.1.1 No" in ran.output
    )
    assert "carol was told 1 item." in ran.output
    mailbox.refusals.clear()
    assert run().output == "bob was told 1 item.\n"
    assert mailbox.recipients == ["carol@example.org", "bob@example.org"]


@pytest.mark.parametrize("refusal", ["451 4.3.0 Try again later", "552 5.2.2 Full", "554 5.7.1 Spam"])
def test_a_message_that_is_refused_is_sent_by_the_next_run(wanted, mailbox: Mailbox, refusal: str):
    mailbox.refusals["DATA"] = refusal
    ran = run()
    assert ran.code == 1
    assert f"the mail server refused it ({refusal})" in ran.output
    assert not Said.objects.exists()
    mailbox.refusals.clear()
    assert run().code == 0
    assert len(mailbox.letters) == 2


def test_where_no_mail_server_is_it_is_sent_by_the_next_run(wanted, mailbox: Mailbox, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    ran = run()
    assert ran.code == 1
    assert ran.output.count("the connection to the mail server failed") == 2
    settings.EMAIL_PORT = port
    assert run().code == 0
    assert len(mailbox.letters) == 2


@pytest.mark.parametrize("fault", ["cut", "cut after"])
def test_a_connection_that_is_lost_with_the_message_on_its_way_leaves_nobody_knowing(
    wanted, mailbox: Mailbox, fault: str
):
    mailbox.refusals["DATA"] = fault
    ran = run()
    assert ran.code == 1
    assert (
        "bob may have been told 1 item, and will not be again: the connection to the mail server failed" in ran.output
    )
    mailbox.refusals.clear()
    arrived = len(mailbox.letters)
    assert run().output == "Nothing to say.\n"
    assert len(mailbox.letters) == arrived


def test_an_address_that_cannot_be_in_a_header_stops_nobody_else(wanted, mailbox: Mailbox, bob: User):
    User.objects.filter(pk=bob.pk).update(email="bob@example.org\r\nBcc: mallory@example.org")
    ran = run()
    assert ran.code == 1
    assert "bob was not told, and will be by the next run: it cannot be an e-mail" in ran.output
    assert mailbox.recipients == ["carol@example.org"]


def test_a_reader_without_an_address_is_named_and_that_is_no_failure(wanted, mailbox: Mailbox, bob: User, client_of):
    User.objects.filter(pk=bob.pk).update(email="")
    ran = run()
    assert ran.code == 0
    assert "bob wants a digest and has no e-mail address." in ran.output
    assert mailbox.recipients == ["carol@example.org"]
    page = client_of(User.objects.get(pk=bob.pk)).get("/watching/").content.decode()
    assert "You have no e-mail address here, so no digest can reach you." in page
    assert 'href="/profile/">Add one in your profile</a>' in page


def test_without_a_mail_server_in_the_settings_it_is_written_out_and_the_command_says_so(wanted, settings, capsys):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "EMAIL_URL is not set, so e-mail is written here instead of being sent." in run().output
    assert "To: bob@example.org" in capsys.readouterr().out


def test_a_reader_who_may_not_sign_in_any_more_gets_nothing(wanted, mailbox: Mailbox, bob: User):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    run()
    assert mailbox.recipients == ["carol@example.org"]


def test_a_reader_who_ended_the_digest_gets_nothing(wanted, mailbox: Mailbox, bob: User, client_of):
    form = {"scope": "nothing", "language": "en"}
    answer = client_of(bob).post("/watching/digest/", form, follow=True)
    assert "You will not receive digests." in answer.content.decode()
    run()
    assert mailbox.recipients == ["carol@example.org"]


def test_a_digest_is_asked_for_on_the_page(synced, mailbox: Mailbox, carol: User, client_of):
    only_end(LARGE, soon())
    client = client_of(carol)
    page = client.get("/watching/").content.decode()
    assert "It goes to carol@example.org.</p>" in page
    answer = client.post("/watching/digest/", {"scope": "everything", "language": "fr"}, follow=True)
    assert "Your digest is set." in answer.content.decode()
    assert "None has been sent yet." in client.get("/watching/").content.decode()
    run()
    assert mailbox.letters[0]["Subject"].strip().startswith("Tableau de bord")
    assert f"The last one was sent on {timezone.now():%-d %b %Y}." in client.get("/watching/").content.decode()


@pytest.mark.parametrize("form", [{}, {"scope": "all", "language": "en"}, {"scope": "watched", "language": "de"}])
def test_a_form_that_was_tampered_with_changes_nothing(synced, carol: User, client_of, form: dict):
    assert client_of(carol).post("/watching/digest/", form).status_code == 422
    assert not hasattr(User.objects.get(pk=carol.pk), "digest_reader")


def test_a_deleted_person_leaves_no_delivery_behind(wanted, mailbox: Mailbox, bob: User, carol: User):
    run()
    bob.delete()
    carol.delete()
    assert not Delivery.objects.exists()
    assert not Said.objects.exists()


def test_the_mail_servers_password_is_nowhere(wanted, mailbox: Mailbox, settings, caplog):
    caplog.set_level(logging.DEBUG)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "models", "hunter2-hunter2"
    ran = run()
    assert ran.code == 1
    assert "hunter2" not in ran.output + caplog.text


def test_who_looks_after_a_model_is_told_of_it_and_others_are_not(subscribe, bob, carol, mailbox: Mailbox):
    only_end(LARGE, soon())
    for person in (bob, carol):
        subscribe(person, scope="watched")
    keep_value(Context(actor=bob), Verb.ASSIGN, LARGE, value=["@bob", "Support"], seen=[])
    assert run().code == 0
    assert mailbox.recipients == ["bob@example.org"]
    assert f"{LARGE} stops working on" in mailbox.letters[0].get_content()
