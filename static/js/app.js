// What htmx does not do by itself. Everything works without this file; it makes things smoother.
"use strict";

// Read by htmx when the page is ready, which is after this. Nothing inline, no eval, no snapshots of pages in storage.
Object.assign(htmx.config, {
  includeIndicatorStyles: false, allowEval: false, allowScriptTags: false, disableInheritance: true, selfRequestsOnly: true,
  historyCacheSize: 0, historyRestoreAsHxRequest: false, scrollIntoViewOnBoost: false,
  timeout: 30000, defaultSwapStyle: "outerHTML", defaultSettleDelay: 0, // what is new works at once, not after 20 ms
  attributesToSettle: ["class", "width", "height"],
  responseHandling: [
    { code: "204", swap: false }, { code: "[23]..", swap: true },
    { code: "(403|404|409|422|502|504)", swap: true, error: true }, { code: "...", swap: false, error: true },
  ],
});

const [live, toast] = ["live", "offline"].map((id) => () => document.getElementById(id));

// A filter anywhere on the page belongs to the form #filters; the search box speaks for itself while typing.
document.addEventListener("change", ({ target }) => {
  if (target.form?.id === "filters" && target.id !== "q") htmx.trigger(target.form, "filters-changed");
});
// A bare hx-get or hx-post asks for the address that its link or button has anyway.
document.addEventListener("htmx:configRequest", ({ detail: { elt, verb }, detail }) => {
  if (elt.getAttribute(`hx-${verb}`) === "") detail.path = elt.getAttribute("href") ?? elt.getAttribute("formaction");
});

// A new address decides what the search box says.
document.addEventListener("htmx:pushedIntoHistory", () => {
  const box = document.getElementById("q");
  if (box && box !== document.activeElement) box.value = new URLSearchParams(window.location.search).get("q") ?? "";
});

// Of the lists that are asked for, also by Back and Forward, the last comes in, whatever answers last.
function comes(xhr) {
  kept.list?.abort();
  kept.list = xhr;
}
document.addEventListener("htmx:historyCacheMiss", ({ detail }) => comes(detail.xhr));

// What is being replaced says so, for the eye and for a screen reader.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target.id === "results") comes(detail.xhr);
  detail.target.setAttribute("aria-busy", "true");
  if (document.activeElement !== document.body) kept.asked = document.activeElement; // a button that waits loses the focus
});
document.addEventListener("htmx:afterRequest", ({ detail }) => detail.target?.removeAttribute("aria-busy"));

// A swap keeps what a person opened, closed and scrolled, and where they look; it tells a screen reader what came.
const kept = { folds: [], asked: null, focus: null, form: null, list: null, top: 0 };
const lead = () => document.querySelector("#flash + *");
const nearby = () => document.getElementById("count") ?? document.getElementById("main");
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  kept.folds = [...document.querySelectorAll("details[id]")]
    .map((each) => ({ id: each.id, open: each.open, top: each.querySelector("ul")?.scrollTop ?? 0 }));
  const here = document.activeElement === document.body ? kept.asked : document.activeElement;
  kept.focus = detail.target.contains(here) || here?.isConnected === false ? here : null;
  kept.form = kept.focus?.closest("form.edit")?.getAttribute("action");
});
document.addEventListener("htmx:afterSwap", () => {
  for (const { id, open, top } of kept.folds) {
    const fold = document.getElementById(id);
    if (fold) fold.open = open;
    fold?.querySelector("ul")?.scrollTo(0, top);
  }
  const { name, value } = kept.focus ?? {};
  if (name) document.querySelector(`[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`)?.focus({ preventScroll: true });
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const paged = detail.requestConfig?.elt.closest(".pager");
  const place = ["results", "freshness"].find((id) => id === detail.target?.id);
  const news = document.querySelector(paged ? "#results caption" : `#${place} [data-announce]`);
  if (news && place) live().textContent = news.textContent.trim().replace(/\s+/g, " ");
  // The focus goes to an action's button, once; after a form to what opened it; else to what is near.
  const due = [...document.querySelectorAll("[data-focus]")];
  due.forEach((each) => each.removeAttribute("data-focus"));
  (due[0] ?? (kept.form && document.querySelector(`a.act[href="${CSS.escape(kept.form)}"]`)))?.focus();
  if (kept.focus && document.activeElement === document.body) nearby().focus({ preventScroll: true });
  kept.focus = kept.asked = kept.form = null;
  if (document.activeElement.matches("form.edit input")) document.activeElement.select(); // typing replaces the old name
  if (paged) document.getElementById("results").scrollIntoView(); // another page of rows starts at its top
  document.querySelector("dialog")?.showModal(); // what asks before it deletes came with its row, and goes when it is closed
});
document.addEventListener("close", ({ target }) => target.remove(), true);
// Messages come in above the rest: the page moves along, and nothing slips away from under the pointer.
document.addEventListener("htmx:oobBeforeSwap", () => { kept.top = lead()?.getBoundingClientRect().top; });
document.addEventListener("htmx:oobAfterSwap", () => {
  window.scrollBy(0, lead()?.getBoundingClientRect().top - kept.top || 0);
  document.getElementById("flash").scrollTo(0, 1e6); // the newest is in sight
});

// What was done from a message: that one model is loaded again, unless somebody is writing there.
document.addEventListener("model-changed", ({ detail }) => {
  const place = document.querySelector(`[data-model-id="${CSS.escape(detail.id)}"]`);
  if (place && !place.querySelector("form.edit")) htmx.ajax("GET", detail.address, { target: place });
});

// Copying, with the word for "done" from the page itself. Without a clipboard (plain HTTP) the text is selected.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try { await navigator.clipboard.writeText(source.dataset.raw ?? source.textContent); } catch { return window.getSelection().selectAllChildren(source); }
  const words = (button.dataset.words ??= button.textContent);
  button.textContent = live().textContent = button.dataset.done;
  setTimeout(() => { button.textContent = words; }, 2000);
});

// A form in a row gives way to Esc.
document.addEventListener("keydown", ({ key, target }) =>
  key === "Escape" && target.closest?.("form.edit")?.querySelector("[data-cancel]")?.click());

// No answer, or a whole page that tells of an error: say so in the corner, in the page's own words where it has some.
function tell(words) {
  toast().dataset.offline ??= toast().textContent;
  Object.assign(toast(), { textContent: words || toast().dataset.offline, hidden: false });
}
for (const failure of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(failure, () => tell());
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.isError) return;
  const answer = new DOMParser().parseFromString(detail.serverResponse, "text/html").getElementById("main");
  if (detail.shouldSwap && !answer) return; // a fragment made for this place
  detail.shouldSwap = false;
  const words = [...(answer?.querySelectorAll("[data-announce] > :is(h1, p:not(:has(a, small)))") ?? [])];
  tell(words.map((each) => each.textContent.trim()).join(". "));
});
document.addEventListener("htmx:afterOnLoad", ({ detail }) => { if (!detail.failed) toast().hidden = true; });

// Messages stay until they are dismissed; a double click is one click, whatever has come under the pointer by then.
document.addEventListener("click", ({ target }) => {
  const message = target.closest("[data-dismiss]")?.closest(".flash");
  if (!message) return;
  (message.nextElementSibling?.querySelector("[data-dismiss]") ?? nearby()).focus({ preventScroll: true });
  message.remove();
});
document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest(".act")) { event.preventDefault(); event.stopPropagation(); }
}, true);

// Choosing rows: a box for the page and one for all that match; the buttons wait until something is chosen.
function pick(box) {
  const form = document.getElementById("bulk");
  if (!form) return;
  const boxes = [...form.elements].filter((each) => each.name === "model");
  const [page, all] = [form.querySelector("[data-pick-page]"), form.elements.all];
  if (box === page || box === all) boxes.forEach((each) => { each.checked = box.checked; });
  if (box && !box.checked) all.checked = false;
  const picked = all.checked ? Number(all.dataset.pickAll) : boxes.filter((each) => each.checked).length;
  form.querySelector("output").textContent = picked;
  page.checked = boxes.length > 0 && boxes.every((each) => each.checked);
  page.indeterminate = !page.checked && boxes.some((each) => each.checked);
  form.querySelectorAll("button").forEach((each) => { each.disabled = picked === 0; });
}
document.addEventListener("change", ({ target }) => target.form?.id === "bulk" && pick(target));
for (const news of ["DOMContentLoaded", "htmx:afterSwap", "pageshow"]) addEventListener(news, () => pick());
