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
    { code: "(403|404|409|422|502|503|504)", swap: true, error: true }, { code: "...", swap: false, error: true },
  ],
});

const [live, toast] = ["live", "offline"].map((id) => () => document.getElementById(id));
const kept = { fields: [], folds: [], asked: null, before: null, focus: null, form: null, list: null, rows: null, top: 0 };

// --- Text that somebody typed: what has changed since the page came, or came back because it could not be saved

const TEXTS = "textarea, input:not([type=hidden], [type=password], [type=submit], [type=button])";
function isChanged(field) {
  if (field.matches("select")) {
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  }
  if (!field.matches(TEXTS)) return false;
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
}
function isUnsaved(form) {
  if (form.method !== "post" || form.matches("#bulk, .entrance *")) return false;
  return form.hasAttribute("data-unsaved") || [...form.elements].some(isChanged);
}
const unsavedForms = (place = document) => [...place.querySelectorAll("form")].filter(isUnsaved);

// Another page, a reload or a closed tab asks first. What is being sent or given up on purpose is not lost.
let sending = null; // a form
addEventListener("beforeunload", (event) => {
  if (!unsavedForms().some((form) => form !== sending)) return;
  event.preventDefault();
  sending = null;
});
addEventListener("pageshow", () => { sending = null; });
function leave(form) {
  sending = form;
  setTimeout(() => { if (sending === form) sending = null; }, 10_000); // nothing came of it: it can be sent again
}
document.addEventListener("click", ({ target }) => {
  if (target.closest("a[data-cancel]:not([hx-get])")) leave(unsavedForms()[0] ?? null);
});

// A form without htmx is sent once. A lost session is answered with nothing, so that the page stays: then say why.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sending === form) { event.preventDefault(); return; }
  leave(form);
  if (isUnsaved(form)) tellIfSignedOut(form).catch(() => {}); // unless the next page comes first
});
function signIn() { // beside where one signs out; nothing for whoever is not in
  const out = document.querySelector("#account-menu form");
  return out && new URL("../login/", out.action).pathname;
}
async function tellIfSignedOut(form) { // who is in is led away from the sign-in page, which has the words
  if (!signIn()) return;
  const answer = await fetch(signIn(), { redirect: "manual", cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const note = page.getElementById("signed-out").content.firstElementChild;
  sending = null;
  if (!form) {
    tell(" ");
    note.removeAttribute("role"); // the corner has it
    toast().replaceChildren(note);
    return;
  }
  form.querySelector(".signed-out")?.remove();
  form.prepend(note);
  note.scrollIntoView({ block: "nearest" });
}

// Signing in in another tab makes a new token: whatever is sent takes the one of that moment.
document.addEventListener("formdata", ({ formData }) => {
  if (!formData.has("csrfmiddlewaretoken")) return;
  const name = `${document.body.dataset.csrf}=`;
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith(name));
  if (cookie) formData.set("csrfmiddlewaretoken", cookie.slice(name.length));
  formData.set("with_script", "1");
});

// A lost session leads to the sign-in page, unless that would take away what somebody wrote.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { detail } = event, where = detail.xhr.getResponseHeader("HX-Redirect");
  if (!where || !signIn() || !where.startsWith(signIn())) return;
  const unsaved = unsavedForms();
  if (!unsaved.length) return;
  event.preventDefault();
  detail.failed = true;
  tellIfSignedOut(unsaved.find((form) => form === detail.elt)).catch(() => tell());
});

// Rows with text in them are taken out before their list is replaced, and put back in its place.
function takeRows(place) {
  const rows = [...place.querySelectorAll("tr[data-model-id]"), ...document.querySelectorAll("#unsaved tr")];
  kept.rows = [...new Set(rows)].filter((row) => unsavedForms(row).length > 0).map((row) => {
    const field = row.contains(document.activeElement) ? document.activeElement : null;
    return { row, field, from: field?.selectionStart, to: field?.selectionEnd };
  });
  kept.rows.forEach(({ row }) => row.remove());
}
function putRows() {
  if (!kept.rows) return;
  const others = document.getElementById("unsaved");
  // What was saved or given up since leaves it.
  if (others) others.innerHTML = '<table class="models" role="table"><tbody role="rowgroup"></tbody></table>';
  for (const { row, field, from, to } of kept.rows) {
    row.querySelector("[autofocus]")?.removeAttribute("autofocus"); // htmx would go there again
    const place = document.querySelector(`#results [data-model-id="${CSS.escape(row.dataset.modelId)}"]`);
    if (place) place.replaceWith(row); else others?.querySelector("tbody").append(row);
    const dialog = row.querySelector("dialog");
    if (dialog) { dialog.open = false; dialog.showModal(); }
    (field ?? dialog?.querySelector("form[method=dialog] button"))?.focus({ preventScroll: true });
    if (typeof from === "number") field.setSelectionRange(from, to);
  }
  if (others) others.hidden = !others.querySelector("tr");
  kept.rows = null;
}
document.addEventListener("htmx:historyCacheMissLoad", () => takeRows(document));

// --- Filters

// A filter anywhere on the page belongs to the form #filters; the search box speaks for itself while typing.
document.addEventListener("change", ({ target }) => {
  if (target.form?.id === "filters" && target.id !== "q") htmx.trigger(target.form, "filters-changed");
});
// What is typed into a filter and not answered yet goes along with a link to another view of the list.
const typing = new Set();
document.addEventListener("input", ({ target }) => {
  if (target.form?.id === "filters" && target.matches("[type=search], [type=text], [type=date]")) typing.add(target.name);
});
// A bare hx-get or hx-post asks for the address that its link or button has anyway.
document.addEventListener("htmx:configRequest", ({ detail: { elt, target, verb }, detail }) => {
  if (elt.getAttribute(`hx-${verb}`) === "") detail.path = elt.getAttribute("href") ?? elt.getAttribute("formaction");
  if (!elt.matches("a") || target.id !== "results") return;
  if (elt.matches(".chips li:last-child a, .empty a")) { typing.clear(); return; } // all filters are to go
  const address = new URL(detail.path, window.location);
  for (const name of typing) address.searchParams.set(name, document.getElementById("filters").elements[name]?.value ?? "");
  detail.path = address.pathname + address.search;
});

// A new address decides what the search box says.
document.addEventListener("htmx:pushedIntoHistory", () => {
  const box = document.getElementById("q");
  if (!box || box === document.activeElement || typing.has("q")) return;
  box.value = new URLSearchParams(window.location.search).get("q") ?? "";
});

// Of the lists that are asked for, also by Back and Forward, the last comes in, whatever answers last.
function comes(xhr) {
  kept.list?.abort();
  kept.list = xhr;
}
document.addEventListener("htmx:historyCacheMiss", ({ detail }) => comes(detail.xhr));

// --- Swaps

// What is being replaced says so, for the eye and for a screen reader.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target.id === "results") comes(detail.xhr);
  detail.target.setAttribute("aria-busy", "true");
  detail.elt.querySelector?.(".signed-out")?.remove();
  if (document.activeElement !== document.body) kept.asked = document.activeElement; // a button that waits loses the focus
});
document.addEventListener("htmx:afterRequest", ({ detail }) => detail.target?.removeAttribute("aria-busy"));

// A swap keeps what a person opened, closed, typed and scrolled, and where they look; it tells a screen reader what came.
const lead = () => document.querySelector("#flash + *");
const nearby = () => document.getElementById("count") ?? document.getElementById("main");
function lookAt(place) {
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" }); // moves nothing that is in sight
}
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.isError) tellError(detail);
  if (!detail.shouldSwap) return;
  if (detail.target.contains(toast())) document.body.append(toast());
  kept.folds = [...document.querySelectorAll("details[id]")]
    .map((each) => ({ id: each.id, open: each.open, top: each.querySelector("ul")?.scrollTop ?? 0 }));
  const here = document.activeElement === document.body ? kept.asked : document.activeElement;
  kept.before = document.activeElement;
  kept.focus = detail.target.contains(here) || here?.isConnected === false ? here : null;
  kept.form = kept.focus?.closest("form.edit")?.getAttribute("action");
  kept.fields = [...typing].map((name) => document.getElementById("filters")?.elements[name])
    .filter((field) => field?.id && field === document.activeElement && detail.target.contains(field))
    .map((field) => ({ id: field.id, value: field.value }));
  if (detail.target.id === "results") takeRows(detail.target);
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  putRows();
  for (const { id, open, top } of kept.folds) {
    const fold = document.getElementById(id);
    if (fold) fold.open = open;
    fold?.querySelector("ul")?.scrollTo(0, top);
  }
  for (const { id, value } of kept.fields.splice(0)) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  if (detail?.target?.id === "results") typing.clear();
  const preset = kept.focus?.matches(".presets a") ? kept.focus.textContent : null;
  if (preset) [...document.querySelectorAll(".presets a")].find((link) => link.textContent === preset)?.focus();
  const { name, value } = kept.focus ?? {};
  if (name && !kept.focus.isConnected) {
    document.querySelector(`[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`)?.focus({ preventScroll: true });
  }
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const paged = detail.requestConfig?.elt.closest(".pager");
  const place = ["results", "freshness"].find((id) => id === detail.target?.id);
  const news = document.querySelector(paged ? "#results caption" : `#${place} [data-announce]`);
  if (news && place) live().textContent = news.textContent.trim().replace(/\s+/g, " ");
  // The focus goes to an action's button, once; after a form to what opened it; else to what is near.
  const due = [...document.querySelectorAll("[data-focus]")];
  due.forEach((each) => each.removeAttribute("data-focus"));
  const isWriting = document.activeElement === kept.before && document.activeElement.matches(TEXTS); // elsewhere, by now
  if (!isWriting) (due[0] ?? (kept.form && document.querySelector(`a.act[href="${CSS.escape(kept.form)}"]`)))?.focus();
  if (kept.focus && document.activeElement === document.body) lookAt(nearby());
  const now = document.activeElement;
  if (now !== kept.before && now.matches("form.edit:not([data-unsaved]) input")) now.select(); // typing replaces the old name
  if (paged) document.getElementById("results").scrollIntoView(); // another page of rows starts at its top
  document.querySelector("dialog:not(:modal)")?.showModal(); // what asks before it deletes came with its row
  if (document.activeElement !== kept.before) {
    Object.assign(pressed, { landed: document.activeElement, until: performance.now() + 700 });
  }
  Object.assign(kept, { asked: null, before: null, focus: null, form: null });
});
document.addEventListener("close", ({ target }) => {
  if (target.contains(toast())) document.body.append(toast());
  target.remove();
}, true);
// Messages come in above the rest: the page moves along, and nothing slips away from under the pointer.
document.addEventListener("htmx:oobBeforeSwap", () => { kept.top = lead()?.getBoundingClientRect().top; });
document.addEventListener("htmx:oobAfterSwap", () => {
  window.scrollBy(0, lead()?.getBoundingClientRect().top - kept.top || 0);
  document.getElementById("flash").scrollTo(0, 1e6); // the newest is in sight
});

// What was done from a message: that one model is loaded again, unless somebody is writing there.
document.addEventListener("model-changed", ({ detail }) => {
  const place = document.querySelector(`[data-model-id="${CSS.escape(detail.id)}"]`);
  if (place && !place.querySelector("form.edit, dialog")) htmx.ajax("GET", detail.address, { target: place });
});

// --- Keys and clicks

// With Ctrl, ⌘, Shift or Alt a link does what the browser does.
document.addEventListener("click", (event) => {
  const isModified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (isModified && event.target.closest("a[href]")) event.stopPropagation();
}, true);

// A double click, a double press and a key held down do a thing once: the second half of them does not act on what has
// come under the pointer, or got the focus, by then.
const pressed = { key: "", target: null, face: "", landed: null, until: 0 };
const isSecondPress = () => performance.now() < pressed.until && document.activeElement === pressed.landed;
function faceOf(target) {
  const control = target.closest("a, button, summary, input, select, label");
  const named = control?.control ?? control; // a label speaks for its box
  return named ? [named.tagName, named.name, named.value, named.textContent.trim()].join("|") : "";
}
document.addEventListener("click", (event) => {
  const face = faceOf(event.target);
  const isSecond = event.detail > 1 ? event.target.closest(".act") || face !== pressed.face
    : event.detail === 0 && event.isTrusted && isSecondPress() && face !== pressed.face && !event.target.closest("form[method=dialog]"); // which changes nothing
  if (isSecond) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  if (event.isTrusted) Object.assign(pressed, { face, until: 0 });
}, true);
document.addEventListener("keydown", (event) => {
  const { key, repeat, target } = event;
  if (key !== pressed.key) pressed.until = 0;
  pressed.key = key;
  const isWritten = target.matches(key === "Enter" ? "textarea" : TEXTS);
  const isSecond = repeat ? !isWritten || target !== pressed.target : isWritten && isSecondPress();
  if (["Enter", " "].includes(key) && isSecond) event.preventDefault();
  if (!repeat) pressed.target = target;
}, true);
for (const other of ["pointerdown", "input"]) document.addEventListener(other, () => { pressed.key = ""; pressed.until = 0; }, true);

// A form in a row gives way to Esc, which before that belongs to an input method.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (event.isComposing || event.keyCode === 229) event.preventDefault(); // nor does a dialog close
  else event.target.closest?.("form.edit")?.querySelector("[data-cancel]")?.click();
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

// --- Messages

// No answer, or a whole page that tells of an error: say so in the corner, in the page's own words where it has some.
function tell(words) {
  toast().dataset.offline ??= toast().textContent;
  (document.querySelector("dialog:modal") ?? document.body).append(toast()); // beside a dialog nothing can be read
  Object.assign(toast(), { textContent: words || toast().dataset.offline, hidden: false });
}
for (const failure of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(failure, () => tell());
function tellError(detail) {
  const answer = new DOMParser().parseFromString(detail.serverResponse, "text/html").getElementById("main");
  if (detail.shouldSwap && !answer) return; // a fragment made for this place
  detail.shouldSwap = false;
  const words = [...(answer?.querySelectorAll("[data-announce] > :is(h1, p:not(:has(a, small)))") ?? [])];
  tell(words.map((each) => each.textContent.trim()).join(". "));
}
document.addEventListener("htmx:afterOnLoad", ({ detail }) => { if (!detail.failed) toast().hidden = true; });

// Messages stay until they are dismissed.
document.addEventListener("click", ({ target }) => {
  const message = target.closest("[data-dismiss]")?.closest(".flash");
  if (!message) return;
  lookAt(message.nextElementSibling?.querySelector("[data-dismiss]") ?? nearby());
  message.remove();
});

// --- Choosing rows: a box for the page and one for all that match; the buttons wait until something is chosen

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
