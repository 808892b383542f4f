// What htmx does not do by itself. Everything works without this file; it makes things smoother.
"use strict";

const narrow = window.matchMedia("(max-width: 56rem)");

document.addEventListener("DOMContentLoaded", () => {
  if (narrow.matches) document.getElementById("facets")?.removeAttribute("open");
});

// A filter anywhere on the page belongs to the form #filters; the search box speaks for itself while typing.
document.addEventListener("change", ({ target }) => {
  if (target.form?.id === "filters" && target.id !== "q") htmx.trigger(target.form, "filters-changed");
});

// A swap keeps what a person opened or closed, where the focus is, and tells a screen reader what came.
let opened = new Map();
document.addEventListener("htmx:beforeSwap", () => {
  opened = new Map([...document.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, open] of opened) {
    const details = document.getElementById(id);
    if (details) details.open = open || (details.open && id !== "facets");
  }
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const news = document.querySelector("#results [data-announce]");
  if (news && detail.target.id === "results") document.getElementById("live").textContent = news.textContent.trim();
  if (document.activeElement === document.body) document.getElementById("count")?.focus({ preventScroll: true });
});

// Lists with a link in each heading or page number: the page starts at its top again.
document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
  if (detail.elt.closest?.(".pager")) document.getElementById("results")?.scrollIntoView();
});

// Copying, with the word for "done" from the page itself.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  const words = button.textContent;
  button.textContent = button.dataset.done;
  document.getElementById("live").textContent = button.dataset.done;
  setTimeout(() => { button.textContent = words; }, 2000);
});

// An open menu closes as people expect.
document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(target)) menu.open = false;
});
document.addEventListener("keydown", ({ key }) => {
  const menu = key === "Escape" && document.querySelector(".menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});

// No answer at all, or one that is not for swapping: say so rather than seem to do nothing.
for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failure, ({ detail }) => {
    if (failure === "htmx:responseError" && [403, 404, 409, 422, 502, 504].includes(detail.xhr.status)) return;
    document.getElementById("offline").hidden = false;
  });
}
document.addEventListener("htmx:afterOnLoad", () => { document.getElementById("offline").hidden = true; });
