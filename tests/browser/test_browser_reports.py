"""A real browser reports what the policy stopped."""

from playwright.sync_api import expect

from models_ui.models import BrowserReport
from tests.browser.conftest import Troubles
from tests.support.processes import until


def test_a_script_that_somebody_slipped_into_a_page_does_not_run_and_a_manager_reads_of_it(
    browser_of, alice, troubles: Troubles
):
    troubles.expect("Content Security Policy|^CSP: ")
    page = browser_of(alice)
    page.goto("/models/?q=secret-words")
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.slipped = true";
          document.body.append(script);
        }"""
    )
    assert page.evaluate("window.slipped") is None
    until(lambda: BrowserReport.objects.exists())
    report = BrowserReport.objects.get()
    assert (report.directive, report.blocked, report.page) == ("script-src-elem", "inline", "catalog")
    page.goto("/browser-reports/")
    expect(page.get_by_role("row", name="inline")).to_contain_text("script-src-elem")
