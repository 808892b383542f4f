"""What the browser is asked about a page: its layout, its focus and its accessibility."""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

ONLY_CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
# A wide page shows its filters though their fold is closed; axe would pass over all that is in a closed fold.
AXE = """async ([within, options]) => {
  const isInSight = (each) => [...each.children].some((child) => child.tagName !== "SUMMARY" && child.checkVisibility());
  const folds = [...document.querySelectorAll("details:not([open])")].filter(isInSight);
  for (const fold of folds) fold.open = true;
  const found = await axe.run(within, options);
  for (const fold of folds) fold.open = false;
  return found.violations;
}"""


def violations(page: Page, axe: Axe, *, within: Sequence[str] = ("html",)) -> list[str]:
    """What axe finds within these selectors: all rules in light, and those about colour once more in dark."""
    found = []
    for scheme, options in (("light", {"resultTypes": ["violations"]}), ("dark", ONLY_CONTRAST)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for each in _run(axe, page, within, options):
            nodes = "; ".join(f"{node['html'][:160]} ({node['failureSummary']})" for node in each["nodes"][:3])
            found.append(f"{page.url} in {scheme}: {each['id']}: {nodes}")
    page.emulate_media(color_scheme="light")
    return found


def _run(axe: Axe, page: Page, within: Sequence[str], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what axe finds. Its half a megabyte of script is read once a page, not for each look."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe.axe_script)
    return page.evaluate(AXE, [list(within), options])


FOCUS = """() => {
  const each = document.activeElement;
  const style = getComputedStyle(each);
  const box = each.getClientRects()[0] ?? each.getBoundingClientRect();
  const middle = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 8));
  return {
    what: each.id || each.name || each.getAttribute("href") || each.textContent.trim().slice(0, 40),
    tag: each.tagName,
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inSight: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth,
    covered: !(middle && (each.contains(middle) || middle.contains(each))),
  };
}"""


LAYOUT = """() => {
  const wide = document.documentElement.clientWidth;
  const name = (each) => `${each.tagName} ${each.className} ${each.textContent.trim().slice(0, 50)}`;
  const scrolls = (each) => each.closest("pre, .visually-hidden, [hidden], template");
  const seen = [...document.querySelectorAll("main *, header.top *")].filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && !scrolls(each) && each.checkVisibility({ visibilityProperty: true });
  });
  // Shortened on purpose: the whole text is in the title, or on the model's page.
  const meant = (each) => each.closest(".models [title], .facts [title], .owner, th p, input") || each.querySelector(".models [title]");
  const outside = seen.filter((each) => {
    const box = each.getBoundingClientRect();
    return (box.right > wide + 1 || box.left < -1) && !meant(each);
  });
  const cut = seen.filter((each) => getComputedStyle(each).overflowX === "hidden"
    && each.scrollWidth > each.clientWidth + 1 && !meant(each));
  const texts = seen.filter((each) =>
    each.matches("a, button, input, summary, h1, h2, label, code, time, dt, dd, th p, .badges li, .days, .status"));
  const boxes = texts.map((each) => [...each.getClientRects()]);  // one for each line
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  const overlaps = [];
  for (let i = 0; i < texts.length; i++) {
    for (let j = i + 1; j < texts.length; j++) {
      if (texts[i].contains(texts[j]) || texts[j].contains(texts[i])) continue;
      const met = boxes[i].some((a) => boxes[j].some((b) => meet(a, b)));
      if (met) overlaps.push(`${name(texts[i])} / ${name(texts[j])}`);
    }
  }
  return {
    sideways: Math.max(0, document.documentElement.scrollWidth - wide),
    outside: outside.slice(0, 5).map(name),
    cut: cut.slice(0, 5).map(name),
    overlaps: overlaps.slice(0, 5),
  };
}"""
FITS = {"sideways": 0, "outside": [], "cut": [], "overlaps": []}
