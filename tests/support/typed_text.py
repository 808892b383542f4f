"""A text that somebody has typed and not saved yet."""

from playwright.sync_api import Locator, expect

from tests.browser.conftest import choose

TEXT = "Half a thought"


def edit(place: Locator, verb: str = "rename") -> Locator:
    """The field of the form that opens in this place, with a text that is not saved."""
    choose(place, verb)
    field = place.locator("form.edit [name=value]")
    expect(field).to_be_focused()
    field.fill(TEXT)
    return field
