"""The catalog's page as a person meets it."""

import re

import pytest
from django.test import Client

from tests.conftest import PASSWORD


def rows(html: str) -> list[str]:
    return re.findall(r'data-model-id="([^"]*)"', html)


@pytest.mark.usefixtures("synced")
def test_every_real_model_is_one_row(viewer: Client):
    html = viewer.get("/models/?per_page=100").content.decode()
    assert len(rows(html)) == 43
    assert "43 models" in html


def test_whoever_is_not_signed_in_is_sent_to_the_login_page_and_back(client: Client, carol):
    response = client.get("/models/?type=base")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/models/%3Ftype%3Dbase"
    response = client.post(response["Location"], {"login": "carol", "password": PASSWORD})
    assert response["Location"] == "/models/?type=base"


def test_an_htmx_request_without_a_session_leads_the_whole_page_to_the_login(client: Client, db):
    response = client.get("/models/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/models/?q=x"})
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/accounts/login/?next=/models/%3Fq%3Dx"
