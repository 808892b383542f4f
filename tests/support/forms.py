"""Forms as a browser gets and sends them, with or without htmx, and the message that comes with the answer."""

import re
from html import unescape

from django.test import Client

HTMX = {"HX-Request": "true"}


def form_of(client: Client, address: str, **headers: str) -> dict[str, str]:
    """The fields of the form as it was served, the CSRF token aside."""
    html = client.get(address, headers=headers).content.decode()
    fields = re.findall(r'<input[^>]*?name="(\w+)"(?:[^>]*?value="([^"]*)")?', html)
    fields += re.findall(r'<textarea[^>]*?name="(\w+)"[^>]*>\n?([^<]*)</textarea>', html)
    names = ("value", "seen", "action_id", "typed_id", "reason", "insist", "since")
    return {name: unescape(value) for name, value in fields if name in names}


def flash_of(html: str) -> str:
    """The message that travels behind a fragment, out of band."""
    found = re.search(r'<template><div hx-swap-oob="beforeend:#flash">(.*)</div></template>', html, re.DOTALL)
    assert found, html[-300:]
    return found[1]
