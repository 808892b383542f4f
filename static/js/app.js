// What htmx does not do by itself. Every page works without this file; it makes pages smoother.
"use strict";

// htmx reads its settings once the page is loaded, which is after this script.
// Nothing inline, no eval, no snapshots of pages in the browser's storage.
Object.assign(htmx.config, {
  includeIndicatorStyles: false, allowEval: false, allowScriptTags: false, selfRequestsOnly: true, disableInheritance: true,
  historyCacheSize: 0, historyRestoreAsHxRequest: false, scrollIntoViewOnBoost: false, timeout: 30_000,
  defaultSwapStyle: "outerHTML",
  defaultSettleDelay: 0, // new elements work at once, not after 20 ms
  attributesToSettle: ["class", "width", "height"],
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "(403|404|409|422|502|503|504)", swap: true, error: true },
    { code: "...", swap: false, error: true },
  ],
});

const getLiveRegion = () => document.getElementById("live");
const getToast = () => document.getElementById("offline");
const getFilter = (name) => document.getElementById("filters")?.elements[name];

// === Unsaved text: fields that differ from what the page came with, and forms that came back unsaved ===

const TEXT_FIELDS = "textarea, input:not([type=hidden], [type=password], [type=submit], [type=button])";

function isChanged(field) {
  if (field.matches("select")) {
    const initial = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(0, initial);
  }
  if (!field.matches(TEXT_FIELDS)) return false;
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
}

function isUnsaved(form) {
  if (form.method !== "post" || form.matches("#bulk, .entrance *")) return false;
  return form.hasAttribute("data-unsaved") || [...form.elements].some(isChanged);
}

const findUnsavedForms = (place = document) => [...place.querySelectorAll("form")].filter(isUnsaved);

// Leaving the page asks first, except for the form that is being sent or was given up on purpose.
let leavingForm = null;

function leaveForm(form) {
  leavingForm = form;
  // Without an answer for so long, the form may be sent again.
  setTimeout(() => { if (leavingForm === form) leavingForm = null; }, 10_000);
}

addEventListener("beforeunload", (event) => {
  if (!findUnsavedForms().some((form) => form !== leavingForm)) return;
  event.preventDefault();
  leavingForm = null;
});
addEventListener("pageshow", () => { leavingForm = null; });
document.addEventListener("click", ({ target }) => {
  if (target.closest("a[data-cancel]:not([hx-get])")) leaveForm(findUnsavedForms()[0] ?? null);
});

// A form without htmx is sent once. The server answers a lost session with no content, so that the page stays.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (leavingForm === form) { event.preventDefault(); return; }
  leaveForm(form);
  if (isUnsaved(form)) explainSignOut(form).catch(() => {}); // fails when the next page comes first
});

// === Signing in and out in other tabs ===

// The sign-in page lies beside the sign-out page. Nobody who is signed out has a link to that.
function findSignInPath() {
  const signOutForm = document.querySelector("#account-menu form");
  return signOutForm && new URL("../login/", signOutForm.action).pathname;
}

// The sign-in page holds the note; it redirects people who are signed in, and then there is nothing to say.
async function explainSignOut(form) {
  if (!findSignInPath()) return;
  const answer = await fetch(findSignInPath(), { redirect: "manual", cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const note = page.getElementById("signed-out").content.firstElementChild;
  leavingForm = null;
  if (!form) {
    showToast(" ");
    note.removeAttribute("role"); // the toast has one
    getToast().replaceChildren(note);
    return;
  }
  form.querySelector(".signed-out")?.remove();
  form.prepend(note);
  note.scrollIntoView({ block: "nearest" });
}

// Signing in in another tab makes a new CSRF token, so each form takes the token of the moment it is sent.
document.addEventListener("formdata", ({ formData }) => {
  if (!formData.has("csrfmiddlewaretoken")) return;
  const prefix = `${document.body.dataset.csrf}=`;
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith(prefix));
  if (cookie) formData.set("csrfmiddlewaretoken", cookie.slice(prefix.length));
  formData.set("with_script", "1");
});

// A lost session leads to the sign-in page, unless that would lose unsaved text.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { detail } = event;
  const address = detail.xhr.getResponseHeader("HX-Redirect");
  if (!address || !findSignInPath() || !address.startsWith(findSignInPath())) return;
  const unsaved = findUnsavedForms();
  if (!unsaved.length) return;
  event.preventDefault();
  detail.failed = true;
  explainSignOut(unsaved.find((form) => form === detail.elt)).catch(() => showToast());
});

// === Rows with unsaved text survive a swap: they are taken out of their list before it and put back after it ===

let takenRows = null;

function takeUnsavedRows(place) {
  const rows = new Set([...place.querySelectorAll("tr[data-model-id]"), ...document.querySelectorAll("#unsaved tr")]);
  takenRows = [...rows].filter((row) => findUnsavedForms(row).length > 0).map((row) => {
    const field = row.contains(document.activeElement) ? document.activeElement : null;
    return { row, field, selectionStart: field?.selectionStart, selectionEnd: field?.selectionEnd };
  });
  takenRows.forEach(({ row }) => row.remove());
}

function putBackRow({ row, field, selectionStart, selectionEnd }, unlisted) {
  row.querySelector("[autofocus]")?.removeAttribute("autofocus"); // htmx would move the focus there again
  const newRow = document.querySelector(`#results [data-model-id="${CSS.escape(row.dataset.modelId)}"]`);
  if (newRow) newRow.replaceWith(row);
  else unlisted?.querySelector("tbody").append(row);
  const dialog = row.querySelector("dialog");
  if (dialog) {
    dialog.open = false;
    dialog.showModal();
  }
  (field ?? dialog?.querySelector("form[method=dialog] button"))?.focus({ preventScroll: true });
  if (typeof selectionStart === "number") field.setSelectionRange(selectionStart, selectionEnd);
}

function putBackUnsavedRows() {
  if (!takenRows) return;
  const unlisted = document.getElementById("unsaved"); // for rows that the list no longer shows
  if (unlisted) unlisted.innerHTML = '<table class="models" role="table"><tbody role="rowgroup"></tbody></table>';
  takenRows.forEach((taken) => putBackRow(taken, unlisted));
  if (unlisted) unlisted.hidden = !unlisted.querySelector("tr");
  takenRows = null;
}

document.addEventListener("htmx:historyCacheMissLoad", () => takeUnsavedRows(document));

// === Filters ===

// Filters stand anywhere on the page and belong to the form #filters. The search box sends its own requests.
document.addEventListener("change", ({ target }) => {
  if (target.form?.id === "filters" && target.id !== "q") htmx.trigger(target.form, "filters-changed");
});

// Names of filters with typed text that no list has answered yet. Links to other views of the list carry them along.
const typedFilters = new Set();

document.addEventListener("input", ({ target }) => {
  const isTyped = target.matches("[type=search], [type=text], [type=date]");
  if (target.form?.id === "filters" && isTyped) typedFilters.add(target.name);
});
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const { elt, target } = detail;
  if (!elt.matches("a") || target.id !== "results") return;
  if (elt.matches(".chips li:last-child a, .empty a")) { typedFilters.clear(); return; } // removes all filters
  const address = new URL(detail.path, window.location);
  for (const name of typedFilters) address.searchParams.set(name, getFilter(name)?.value ?? "");
  detail.path = address.pathname + address.search;
});

// The search box follows the page's address, unless somebody is typing in it.
document.addEventListener("htmx:pushedIntoHistory", () => {
  const box = document.getElementById("q");
  if (!box || box === document.activeElement || typedFilters.has("q")) return;
  box.value = new URLSearchParams(window.location.search).get("q") ?? "";
});

// Only the list that was asked for last is shown, also with Back and Forward: a new request ends the one before.
let listRequest = null;

function replaceListRequest(xhr) {
  listRequest?.abort();
  listRequest = xhr;
}

document.addEventListener("htmx:historyCacheMiss", ({ detail }) => replaceListRequest(detail.xhr));

// === Swaps keep what a person opened, typed and scrolled, and the focus; they announce what came ===

const swap = { folds: [], filters: [], requester: null, focusBefore: null, focus: null, form: null };

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target.id === "results") replaceListRequest(detail.xhr);
  detail.target.setAttribute("aria-busy", "true");
  detail.elt.querySelector?.(".signed-out")?.remove();
  // A button that is disabled during its request loses the focus.
  if (document.activeElement !== document.body) swap.requester = document.activeElement;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => detail.target?.removeAttribute("aria-busy"));

const findFocusFallback = () => document.getElementById("count") ?? document.getElementById("main");

function moveFocusTo(place) {
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" }); // scrolls only when the place is out of sight
}

function rememberFocus(target) {
  const focus = document.activeElement === document.body ? swap.requester : document.activeElement;
  const isReplaced = target.contains(focus) || focus?.isConnected === false;
  swap.focusBefore = document.activeElement;
  swap.focus = isReplaced ? focus : null;
  swap.form = swap.focus?.closest("form.edit")?.getAttribute("action");
}

function rememberFolds() {
  swap.folds = [...document.querySelectorAll("details[id]")].map((fold) => {
    return { id: fold.id, open: fold.open, scroll: fold.querySelector("ul")?.scrollTop ?? 0 };
  });
}

function rememberTypedFilters(target) {
  const fields = [...typedFilters].map(getFilter);
  swap.filters = fields
    .filter((field) => field?.id && field === document.activeElement && target.contains(field))
    .map((field) => ({ id: field.id, value: field.value }));
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.isError) showError(detail);
  if (!detail.shouldSwap) return;
  if (detail.target.contains(getToast())) document.body.append(getToast());
  rememberFolds();
  rememberFocus(detail.target);
  rememberTypedFilters(detail.target);
  if (detail.target.id === "results") takeUnsavedRows(detail.target);
});

function restoreFolds() {
  for (const { id, open, scroll } of swap.folds) {
    const fold = document.getElementById(id);
    if (fold) fold.open = open;
    fold?.querySelector("ul")?.scrollTo(0, scroll);
  }
}

function restoreTypedFilters() {
  for (const { id, value } of swap.filters.splice(0)) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
}

// The focus goes to the new element that stands for the replaced one: a preset of the same name, or the same field.
function restoreFocus() {
  const { focus } = swap;
  if (focus?.matches(".presets a")) {
    const links = [...document.querySelectorAll(".presets a")];
    links.find((link) => link.textContent === focus.textContent)?.focus();
  }
  if (focus?.name && !focus.isConnected) {
    const twin = `[name="${CSS.escape(focus.name)}"][value="${CSS.escape(focus.value)}"]`;
    document.querySelector(twin)?.focus({ preventScroll: true });
  }
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  putBackUnsavedRows();
  restoreFolds();
  restoreTypedFilters();
  if (detail?.target?.id === "results") typedFilters.clear();
  restoreFocus();
});

function announceNews(target, pager) {
  const place = ["results", "freshness"].find((id) => id === target?.id);
  const news = document.querySelector(pager ? "#results caption" : `#${place} [data-announce]`);
  if (news && place) getLiveRegion().textContent = news.textContent.trim().replace(/\s+/g, " ");
}

// The focus goes to the button of the action just done; after a form to the link that opened it; else close by.
function placeFocus() {
  const marked = [...document.querySelectorAll("[data-focus]")];
  marked.forEach((element) => element.removeAttribute("data-focus"));
  const opener = swap.form && document.querySelector(`a.act[href="${CSS.escape(swap.form)}"]`);
  const isTypingElsewhere = document.activeElement === swap.focusBefore && document.activeElement.matches(TEXT_FIELDS);
  if (!isTypingElsewhere) (marked[0] ?? opener)?.focus();
  if (swap.focus && document.activeElement === document.body) moveFocusTo(findFocusFallback());
  const focus = document.activeElement;
  // Typing replaces the old name as a whole.
  if (focus !== swap.focusBefore && focus.matches("form.edit:not([data-unsaved]) input")) focus.select();
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const pager = detail.requestConfig?.elt.closest(".pager");
  announceNews(detail.target, pager);
  placeFocus();
  if (pager) document.getElementById("results").scrollIntoView(); // a new page of rows starts at its top
  document.querySelector("dialog:not(:modal)")?.showModal(); // the question before a deletion came with its row
  if (document.activeElement !== swap.focusBefore) noteMovedFocus();
  Object.assign(swap, { requester: null, focusBefore: null, focus: null, form: null });
});

document.addEventListener("close", ({ target }) => {
  if (target.contains(getToast())) document.body.append(getToast());
  target.remove();
}, true);

// Messages come in above the rest. The page scrolls along, so that nothing moves away from under the pointer.
let topBefore = 0;

const findTop = () => document.querySelector("#flash + *")?.getBoundingClientRect().top;

document.addEventListener("htmx:oobBeforeSwap", () => { topBefore = findTop(); });
document.addEventListener("htmx:oobAfterSwap", () => {
  window.scrollBy(0, findTop() - topBefore || 0);
  document.getElementById("flash").scrollTo(0, 1e6); // the newest message is in sight
});

// An action from a message reloads its model, unless somebody is writing there.
document.addEventListener("model-changed", ({ detail }) => {
  const place = document.querySelector(`[data-model-id="${CSS.escape(detail.id)}"]`);
  if (place && !place.querySelector("form.edit, dialog")) htmx.ajax("GET", detail.address, { target: place });
});

// === Keys and clicks ===

// With Ctrl, ⌘, Shift or Alt a link does what the browser does.
document.addEventListener("click", (event) => {
  const isModified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (isModified && event.target.closest("a[href]")) event.stopPropagation();
}, true);

// A double click, a double press and a held key act once. Their second half does not act on what has come under the
// pointer, or got the focus, in between.
const lastPress = { key: "", keyTarget: null, identity: "", movedFocus: null, until: 0 };

function noteMovedFocus() {
  Object.assign(lastPress, { movedFocus: document.activeElement, until: performance.now() + 700 });
}

const isSoonAfterMove = () => performance.now() < lastPress.until && document.activeElement === lastPress.movedFocus;

// Two controls are the same to a person when their kind, name, value and text are.
function identify(target) {
  const closest = target.closest("a, button, summary, input, select, label");
  const control = closest?.control ?? closest; // a label stands for its box
  return control ? [control.tagName, control.name, control.value, control.textContent.trim()].join("|") : "";
}

function isSecondClick(event, identity) {
  const isOther = identity !== lastPress.identity;
  if (event.detail > 1) return event.target.closest(".act") || isOther;
  const isByKey = event.detail === 0 && event.isTrusted;
  // Closing a dialog changes nothing.
  return isByKey && isSoonAfterMove() && isOther && !event.target.closest("form[method=dialog]");
}

document.addEventListener("click", (event) => {
  const identity = identify(event.target);
  if (isSecondClick(event, identity)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (event.isTrusted) Object.assign(lastPress, { identity, until: 0 });
}, true);

document.addEventListener("keydown", (event) => {
  const { key, repeat, target } = event;
  if (key !== lastPress.key) lastPress.until = 0;
  lastPress.key = key;
  const isText = target.matches(key === "Enter" ? "textarea" : TEXT_FIELDS);
  const isSecond = repeat ? !isText || target !== lastPress.keyTarget : isText && isSoonAfterMove();
  if (["Enter", " "].includes(key) && isSecond) event.preventDefault();
  if (!repeat) lastPress.keyTarget = target;
}, true);

for (const name of ["pointerdown", "input"]) {
  document.addEventListener(name, () => Object.assign(lastPress, { key: "", until: 0 }), true);
}

// Esc closes a form in a row. While an input method is open, Esc belongs to that, and closes no dialog either.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (event.isComposing || event.keyCode === 229) event.preventDefault();
  else event.target.closest?.("form.edit")?.querySelector("[data-cancel]")?.click();
});

// The page itself has the word for "copied". Without a clipboard (plain HTTP) the text is selected.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.dataset.raw ?? source.textContent);
  } catch {
    window.getSelection().selectAllChildren(source);
    return;
  }
  const label = (button.dataset.words ??= button.textContent);
  button.textContent = getLiveRegion().textContent = button.dataset.done;
  setTimeout(() => { button.textContent = label; }, 2000);
});

// === Messages ===

// Shows a sentence in the corner; without one, that the dashboard did not answer.
function showToast(sentence) {
  const toast = getToast();
  toast.dataset.offline ??= toast.textContent;
  (document.querySelector("dialog:modal") ?? document.body).append(toast); // beside a dialog it could not be read
  Object.assign(toast, { textContent: sentence || toast.dataset.offline, hidden: false });
}

for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => showToast());

// An error that is a whole page is shown in the corner, in the page's own words where it has some.
function showError(detail) {
  const main = new DOMParser().parseFromString(detail.serverResponse, "text/html").getElementById("main");
  if (detail.shouldSwap && !main) return; // a fragment made for its place
  detail.shouldSwap = false;
  const sentences = [...(main?.querySelectorAll("[data-announce] > :is(h1, p:not(:has(a, small)))") ?? [])];
  showToast(sentences.map((sentence) => sentence.textContent.trim()).join(". "));
}

document.addEventListener("htmx:afterOnLoad", ({ detail }) => { if (!detail.failed) getToast().hidden = true; });

// Messages stay until they are dismissed.
document.addEventListener("click", ({ target }) => {
  const message = target.closest("[data-dismiss]")?.closest(".flash");
  if (!message) return;
  moveFocusTo(message.nextElementSibling?.querySelector("[data-dismiss]") ?? findFocusFallback());
  message.remove();
});

// === Choosing rows: one box for the page, one for all that match; the buttons wait until something is chosen ===

function updateChoice(changedBox) {
  const form = document.getElementById("bulk");
  if (!form) return;
  const boxes = [...form.elements].filter((element) => element.name === "model");
  const pageBox = form.querySelector("[data-pick-page]");
  const allBox = form.elements.all;
  if (changedBox === pageBox || changedBox === allBox) {
    boxes.forEach((box) => { box.checked = changedBox.checked; });
  }
  if (changedBox && !changedBox.checked) allBox.checked = false;
  const chosen = allBox.checked ? Number(allBox.dataset.pickAll) : boxes.filter((box) => box.checked).length;
  form.querySelector("output").textContent = chosen;
  pageBox.checked = boxes.length > 0 && boxes.every((box) => box.checked);
  pageBox.indeterminate = !pageBox.checked && boxes.some((box) => box.checked);
  form.querySelectorAll("button").forEach((button) => { button.disabled = chosen === 0; });
}

document.addEventListener("change", ({ target }) => { if (target.form?.id === "bulk") updateChoice(target); });
for (const name of ["DOMContentLoaded", "htmx:afterSwap", "pageshow"]) addEventListener(name, () => updateChoice());
