// What htmx does not do by itself. Every page works without this file; it makes pages smoother.
"use strict";

const getLiveRegion = () => document.getElementById("live");
const getToast = () => document.getElementById("offline");
const getFilter = (name) => document.getElementById("filters")?.elements[name];

// === Unsaved text: fields that differ from what the page came with, and forms that came back unsaved ===

const TEXT_FIELDS = "textarea, input:not([type=hidden], [type=password], [type=submit], [type=button])";

function isChanged(field) {
  if (field.matches("select")) {
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  }
  if (!field.matches(TEXT_FIELDS)) return false;
  const isBox = field.matches("[type=checkbox], [type=radio]"); // its value is no text, and "on" without one
  return isBox ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
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
  const button = document.getElementById("sign-out");
  return button && new URL("../login/", button.formAction).pathname;
}

// The sign-in page holds the note; it redirects people who are signed in, and then there is nothing to say. The page that
// asks anew who is there holds one, too.
async function explainSignOut(form, path = findSignInPath()) {
  if (!path) return;
  const answer = await fetch(path, { redirect: "manual", cache: "no-store" });
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

// A lost session leads to the sign-in page, and an old one to the page that asks who is there, unless that would lose
// unsaved text.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { detail } = event;
  const path = detail.xhr.getResponseHeader("HX-Redirect")?.split("?")[0];
  if (!path || (path !== findSignInPath() && !path.endsWith("/reauthenticate/"))) return;
  const unsaved = findUnsavedForms();
  if (!unsaved.length) return;
  event.preventDefault();
  detail.failed = true;
  explainSignOut(unsaved.find((form) => form === detail.elt), path).catch(() => showToast());
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
  (field ?? dialog?.querySelector("form[method=dialog] button, [form=keep-model]"))?.focus({ preventScroll: true });
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

const swap = { isUnsettled: false, folds: [], menu: null, scroll: 0, top: null, filters: [], requester: null, focusBefore: null, focus: null, form: null };

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target.id === "results") replaceListRequest(detail.xhr);
  detail.target.setAttribute("aria-busy", "true");
  detail.elt.querySelector?.(".signed-out")?.remove();
  if (detail.elt.dataset.waiting) tellWaiting(detail.elt, detail.target);
  // A button that is disabled during its request loses the focus.
  if (document.activeElement !== document.body) swap.requester = document.activeElement;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  detail.target?.removeAttribute("aria-busy");
  detail.target?.querySelector("[data-under-way]")?.removeAttribute("data-under-way");
});

// What is under way is said beside the model's name, and after a moment aloud. A dialog that only asked for it goes.
function tellWaiting(element, place) {
  const { waiting } = element.dataset;
  place.querySelector(".title, h1")?.setAttribute("data-under-way", waiting);
  const dialog = element.querySelector(TEXT_FIELDS) ? null : element.closest("dialog");
  dialog?.setAttribute("data-sent", "");
  dialog?.close();
  setTimeout(() => { if (place.isConnected && place.ariaBusy) getLiveRegion().textContent = waiting; }, 200);
}

function findFocusFallback() {
  const { modelId } = swap.focus?.closest("tr")?.dataset ?? {};
  return (modelId && document.querySelector(`tr[data-model-id="${CSS.escape(modelId)}"] .name`)) || (document.getElementById("count") ?? document.getElementById("main"));
}

function moveFocusTo(place) {
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" }); // scrolls only when the place is out of sight
}

function rememberFocus(target) {
  const focus = document.activeElement === document.body ? swap.requester : document.activeElement;
  const isReplaced = target.contains(focus) || focus?.isConnected === false || focus?.matches("#views a, #headline a");
  swap.focusBefore = document.activeElement;
  swap.focus = isReplaced ? focus : null;
  swap.top = focus?.getBoundingClientRect().top ?? null;
  swap.form = swap.focus?.closest("form.edit")?.getAttribute("action");
}

function rememberFolds() {
  swap.folds = [...document.querySelectorAll("details[id]")].map((fold) => {
    return { id: fold.id, open: fold.open, scroll: fold.querySelector("ul")?.scrollTop ?? 0 };
  });
  swap.menu = document.querySelector("#results :popover-open")?.id;
  swap.scroll = document.querySelector(".facets")?.scrollTop;
}

function rememberTypedFilters(target) {
  swap.filters = [...typedFilters].map(getFilter)
    .filter((field) => field?.id && field === document.activeElement && target.contains(field))
    .map((field) => ({ id: field.id, value: field.value }));
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.isError) showError(detail);
  if (!detail.shouldSwap) return;
  const palette = detail.target.dataset.modelId ? document.getElementById("palette") : null; // its form opens in place
  if (palette || detail.target.contains(getToast())) document.body.append(getToast());
  palette?.close();
  palette?.remove();
  swap.isUnsettled = true;
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
  document.querySelector(".facets")?.scrollTo(0, swap.scroll);
  const menu = document.getElementById(swap.menu);
  if (menu && !menu.matches(":popover-open")) menu.showPopover({ source: document.querySelector(`[popovertarget="${menu.id}"]`) });
}

function restoreTypedFilters() {
  for (const { id, value } of swap.filters.splice(0)) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
}

// The focus goes to the new element that stands for the replaced one: a link of the same place or words, the same field,
// or, where its value is no longer there, the facet.
function restoreFocus() {
  const { focus } = swap;
  if (!focus || focus.isConnected) return;
  if (focus.id) document.getElementById(focus.id)?.focus({ preventScroll: true });
  const group = [".presets", "#views", ".drop"].find((place) => focus.matches(`${place} a`));
  if (group) {
    const links = [...document.querySelectorAll(`${group} a`)];
    (links.find((link) => link.getAttribute("href") === focus.getAttribute("href")) ?? links.find((link) => link.textContent === focus.textContent))?.focus();
  }
  if (!focus.name) return;
  const twins = [...document.querySelectorAll(`[name="${CSS.escape(focus.name)}"][value="${CSS.escape(focus.value)}"]`)];
  const twin = twins.find(({ ariaLabel }) => ariaLabel === focus.ariaLabel) ?? twins[0];
  const field = twin ?? document.getElementById(`legend-${focus.name}`);
  field?.focus({ preventScroll: true });
  // Values that nothing has any more are gone: the column scrolls so that the box stays under the pointer.
  const column = field?.closest(".facets");
  if (column && swap.top !== null) column.scrollTop += field.getBoundingClientRect().top - swap.top;
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  putBackUnsavedRows();
  restoreFolds();
  restoreTypedFilters();
  document.querySelector("#palette input")?.setAttribute("aria-activedescendant", "choice-1-1");
  showFoldedParts();
  if (detail?.target?.id === "results") typedFilters.clear();
  restoreFocus();
});

function announceNews({ target, requestConfig }, pager) {
  const place = ["results", "freshness"].find((id) => id === target?.id);
  const news = document.querySelector(pager ? "#results caption .visually-hidden" : `#${place} [data-announce]`);
  if (!news || !place) return;
  const isAfterSync = requestConfig?.triggeringEvent?.type === "catalog-changed"; // then it goes on
  const before = isAfterSync ? `${getLiveRegion().textContent}. ` : "";
  getLiveRegion().textContent = before + news.textContent.trim().replace(/\s+/g, " ");
}

// A form was opened by its link, or from the menu or the name of its row.
function findOpener(address) {
  const [, page, verb] = address.match(/^(.*\/)([^/]+)\/$/);
  const ofRow = `[href="${CSS.escape(page)}"]`;
  const ofPage = document.querySelector(`a:is(.act, .change)[href="${CSS.escape(address)}"]`);
  const menu = ofPage?.closest("[popover]");
  return (menu ? document.querySelector(`[popovertarget="${menu.id}"]`) : ofPage)
    ?? document.querySelector(verb === "rename" ? `.models .name${ofRow}` : `.models [data-more]${ofRow}`);
}

// The focus goes to the button of the action just done; to the field of a form that is still open, else to the link that
// opened the form; else close by.
function placeFocus() {
  const marked = [...document.querySelectorAll("[data-focus]")];
  marked.forEach((element) => element.removeAttribute("data-focus"));
  const field = swap.form && document.querySelector(`form[action="${CSS.escape(swap.form)}"] [autofocus]`);
  const opener = field ?? (swap.form && findOpener(swap.form));
  const isTypingElsewhere = document.activeElement === swap.focusBefore && document.activeElement.matches(TEXT_FIELDS);
  if (!isTypingElsewhere) (marked[0] ?? opener)?.focus();
  if (swap.focus && document.activeElement === document.body) {
    moveFocusTo((swap.focus.matches("[data-undo]") && document.querySelector("#flash [data-undo]")) || findFocusFallback());
  }
  const focus = document.activeElement;
  // Typing replaces the old name as a whole.
  if (focus !== swap.focusBefore && focus.matches("form.edit:not([data-unsaved]) input")) focus.select();
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!swap.isUnsettled) return; // htmx says so of each piece of an answer
  swap.isUnsettled = false;
  const pager = detail.requestConfig?.elt.closest(".pager");
  announceNews(detail, pager);
  placeFocus();
  // A menu that was asked for while the list was loaded again opens on the new row.
  if (detail.target.id === "results" && swap.focus?.matches("[data-asked]")) findRow()?.querySelector("[data-more]").click();
  notePlaceOfAction();
  if (pager) document.getElementById("results").scrollIntoView(); // a new page of rows starts at its top
  document.querySelector("dialog:not(:modal, [data-sent])")?.showModal(); // the question before a deletion came with its row
  if (document.activeElement !== swap.focusBefore) noteMovedFocus();
  Object.assign(swap, { requester: null, focusBefore: null, focus: null, form: null });
});

document.addEventListener("close", ({ target }) => {
  if (target.contains(getToast())) document.body.append(getToast());
  if (!target.matches("[data-sent]")) target.remove(); // of one that was sent, htmx still needs the form
}, true);

// An action from a message reloads its model, unless somebody is writing there.
document.addEventListener("model-changed", ({ detail }) => {
  const place = document.querySelector(`[data-model-id="${CSS.escape(detail.id)}"]`);
  if (place && !place.querySelector("form.edit, dialog")) htmx.ajax("GET", detail.address, { target: place });
});

// === Keys and clicks ===

// With Ctrl, ⌘, Shift or Alt a link does what the browser does. Only Shift on a heading sorts by its column as well.
const isModified = (event) => event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

document.addEventListener("click", (event) => {
  if (!isModified(event) || !event.target.closest("a[href]")) return;
  event.stopPropagation();
  const heading = event.target.closest("[data-also]");
  if (!heading || !event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  htmx.ajax("GET", heading.dataset.also, { source: heading, target: "#results" });
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
  return isByKey && isSoonAfterMove() && isOther && !event.target.closest("form[method=dialog], [form=keep-model]");
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

function findTextToCopy(button, source) {
  if (button.matches("[data-copy-address]")) return window.location.href;
  return button.matches("[data-copy-id]") ? menuRow.dataset.modelId : source.dataset.raw ?? source.textContent;
}

// The page itself has the word for "copied". Without a clipboard (plain HTTP) the text is selected.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy], [data-copy-address], [data-copy-id]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy) ?? button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(findTextToCopy(button, source));
  } catch {
    if (source) window.getSelection().selectAllChildren(source);
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
  const sentences = [...(main?.querySelectorAll("[data-announce] > :is(h1, p:not(:has(a)))") ?? [])];
  showToast(sentences.map((sentence) => sentence.textContent.trim()).join(". "));
}

document.addEventListener("htmx:afterOnLoad", ({ detail }) => { if (!detail.failed) getToast().hidden = true; });

// The bar shows the newest message, and counts the other models that earlier ones were about.
let isMessageNew = false;

document.addEventListener("htmx:oobAfterSwap", () => {
  const bars = [...document.querySelectorAll("#flash > .flash")];
  const newest = bars.at(-1);
  if (!newest) return;
  isMessageNew = true;
  const models = new Set(bars.flatMap(({ dataset }) => [dataset.model, ...dataset.earlier.split(" ")]));
  models.delete("");
  models.delete(newest.dataset.model);
  bars.slice(0, -1).forEach((bar) => bar.remove());
  newest.dataset.earlier = [...models].join(" ");
  const link = newest.querySelector(".earlier");
  link.hidden = models.size === 0;
  link.textContent = (models.size === 1 ? link.dataset.one : link.dataset.many).replace("%d", models.size);
  document.documentElement.style.setProperty("--bar", `${newest.offsetHeight}px`);
});

// After an action the next stop of the keyboard is the Undo in its message; from there it goes on where it was.
let placeOfAction = null;

function notePlaceOfAction() {
  if (!isMessageNew) return;
  isMessageNew = false;
  const focus = document.activeElement;
  if (focus === document.body || focus.closest("#flash")) return;
  placeOfAction = focus;
  focus.scrollIntoView({ block: "nearest" }); // not behind the bar
}

document.addEventListener("keydown", (event) => {
  const undo = document.querySelector("#flash [data-undo]");
  if (event.key !== "Tab" || !undo || !placeOfAction?.isConnected || document.querySelector("dialog:modal")) return;
  if (document.activeElement === placeOfAction && !event.shiftKey) {
    event.preventDefault();
    undo.focus();
  } else if (document.activeElement === undo) {
    if (event.shiftKey) event.preventDefault();
    placeOfAction.focus(); // and from there the browser goes on
  } else {
    placeOfAction = null;
  }
});

// A message stays until it is dismissed or the next one comes.
document.addEventListener("click", ({ target }) => {
  const message = target.closest("[data-dismiss]")?.closest(".flash");
  if (!message) return;
  message.remove();
  moveFocusTo(placeOfAction?.isConnected ? placeOfAction : findFocusFallback());
});

// === Preferences: what is chosen is shown at once, and the server remembers it ===

document.addEventListener("preference-chosen", ({ detail: { name, value } }) => {
  document.documentElement.dataset[name] = value;
  for (const button of document.querySelectorAll(`[form=preference][name=${name}][aria-pressed]`)) {
    button.setAttribute("aria-pressed", button.value === value);
  }
  document.querySelector("#theme-menu:popover-open")?.hidePopover();
});

document.addEventListener("click", ({ target }) => {
  if (target.matches("[data-browser-zone]")) target.form.elements.time_zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
});

// === Choosing rows: one box for the page, one for all that match. The bar comes with the first choice ===

function updateChoice(changedBox) {
  const form = document.getElementById("bulk");
  if (!form) return;
  const boxes = [...form.elements].filter((element) => element.name === "model");
  const pageBox = form.querySelector("[data-pick-page]");
  const allBox = form.elements.all;
  if (changedBox && [pageBox, allBox].includes(changedBox)) boxes.forEach((box) => { box.checked = changedBox.checked; });
  if (allBox && changedBox && !changedBox.checked) allBox.checked = false;
  const chosen = boxes.filter((box) => box.checked);
  const number = allBox?.checked ? Number(allBox.dataset.pickAll) : chosen.length;
  const output = form.querySelector("output");
  output.textContent = (number === 1 ? output.dataset.one : output.dataset.many).replace("%d", number);
  pageBox.checked = boxes.length > 0 && chosen.length === boxes.length;
  pageBox.indeterminate = !pageBox.checked && chosen.length > 0;
  for (const button of form.querySelectorAll("[name=verb]")) {
    const isFor = (box) => box.closest(`[data-can~="${button.value}"]`);
    if (button.dataset.most) button.disabled = number < 2 || number > Number(button.dataset.most);
    else button.hidden = button.hasAttribute("data-changes") && !allBox?.checked && !chosen.some(isFor);
  }
}

document.addEventListener("change", ({ target }) => { if (target.form?.id === "bulk") updateChoice(target); });
document.addEventListener("reset", ({ target }) => { if (target.id === "bulk") setTimeout(updateChoice); });
for (const name of ["DOMContentLoaded", "htmx:afterSwap", "pageshow"]) addEventListener(name, () => updateChoice());

// === The catalog: the column of filters and groups fold, a menu acts on its row, F2 or a double click renames ===

const foldedGroups = new Set(JSON.parse(sessionStorage.getItem("foldedGroups") ?? "[]"));
const isWide = () => window.matchMedia("(min-width: 72.001rem)").matches;

function showFoldedParts() {
  for (const group of document.querySelectorAll("[data-group]")) {
    const isFolded = foldedGroups.has(group.dataset.group);
    group.toggleAttribute("data-folded", isFolded);
    group.querySelector(".fold").setAttribute("aria-expanded", !isFolded);
  }
  const isFolded = document.querySelector(".catalog")?.hasAttribute("data-folded");
  const isOpen = isWide() ? !isFolded : document.getElementById("facets")?.open;
  document.getElementById("filters-button")?.setAttribute("aria-expanded", isOpen);
}

// The button sends what it does to the preferences, but only where the column of filters stands beside the list.
function foldFilters(event) {
  if (isWide()) {
    const isFolded = document.querySelector(".catalog").toggleAttribute("data-folded");
    event.target.closest("button").value = isFolded ? "folded" : "open";
  } else {
    event.preventDefault();
    document.getElementById("facets").toggleAttribute("open");
  }
}

document.addEventListener("click", (event) => {
  const { target } = event;
  const { group } = target.closest(".fold")?.closest("[data-group]").dataset ?? {};
  if (group !== undefined) {
    if (!foldedGroups.delete(group)) foldedGroups.add(group);
    sessionStorage.setItem("foldedGroups", JSON.stringify([...foldedGroups]));
  } else if (target.closest("#filters-button")) foldFilters(event);
  else return;
  showFoldedParts();
});
addEventListener("DOMContentLoaded", showFoldedParts);

let menuRow = null; // the row that the menu is about

const findRowPath = (row) => new URL(row.querySelector(".name").href).pathname;

function openRowMenu(button) {
  const menu = document.getElementById("row-menu");
  menuRow = button.closest("tr");
  for (const link of menu.querySelectorAll("[data-verb]")) {
    link.href = `${findRowPath(menuRow)}${link.dataset.verb}/`;
    link.parentElement.hidden = !menuRow.matches(`[data-can~="${link.dataset.verb}"]`);
  }
  showWatching(menuRow.dataset.modelId);
  menu.showPopover({ source: button });
  menu.querySelector("li:not([hidden]) > *").focus();
}

// The models of the page that the person watches stand beside the tabs, each with the address that ends it. Returns the
// button that is for the model.
function showWatching(modelId) {
  const addresses = new Map(Object.entries(JSON.parse(document.getElementById("views").dataset.watched)));
  const [watch, stop] = ["[name=model_id]", "[data-stop-watching]"].map((button) => document.querySelector(`#row-menu ${button}`));
  watch.value = modelId;
  stop.setAttribute("formaction", addresses.get(modelId) ?? "");
  watch.parentElement.hidden = addresses.has(modelId);
  stop.parentElement.hidden = !addresses.has(modelId);
  document.getElementById("act").elements.next.value = window.location.pathname + window.location.search;
  return addresses.has(modelId) ? stop : watch;
}

// Of an id that is shortened in the middle, the whole is copied.
document.addEventListener("copy", (event) => {
  const { anchorNode: node, focusNode } = document.getSelection();
  const id = (node?.closest ? node : node?.parentElement)?.closest(".models code[title]");
  if (!id?.contains(focusNode)) return;
  event.clipboardData.setData("text/plain", id.title);
  event.preventDefault();
});

// Verbs that ask or take a text answer with their form, others act at once. Others than the row's do nothing.
function actOnRow(row, verb) {
  if (!row?.matches(`[data-can~="${verb}"]`)) return;
  const { waiting } = document.querySelector(`#row-menu [data-verb="${verb}"]`).dataset;
  const isAtOnce = waiting !== undefined;
  if (isAtOnce) row.dataset.waiting = waiting;
  else delete row.dataset.waiting;
  const values = isAtOnce ? Object.fromEntries(new FormData(document.getElementById("act"))) : {};
  htmx.ajax(isAtOnce ? "POST" : "GET", `${findRowPath(row)}${verb}/`, { source: row, target: row, values });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-more]");
  const link = event.target.closest("#row-menu [data-verb]");
  if (isModified(event) || !(button ?? link)) return;
  event.preventDefault();
  if (button) { if (button.closest("[aria-busy]")) button.dataset.asked = ""; else openRowMenu(button); return; }
  document.getElementById("row-menu").hidePopover();
  actOnRow(menuRow, link.dataset.verb);
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".drop");
  if (menu && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    const items = [...menu.querySelectorAll("a, button, input")].filter((item) => item.checkVisibility());
    const step = event.key === "ArrowDown" ? 1 : items.length - 1;
    items[(items.indexOf(event.target) + step) % items.length]?.focus();
  }
  if (event.key === "F2") actOnRow(event.target.closest?.("tr"), "rename");
  const isElsewhere = event.target.matches("textarea, input:not([type=checkbox])") || document.querySelector("dialog:modal, :popover-open");
  if (event.key === "Escape" && !isElsewhere && document.querySelector(".pick :checked")) document.getElementById("bulk").reset();
});

// The first click on a name waits for the second: a double click renames where a single one opens the page.
let opening = 0;

document.addEventListener("click", (event) => {
  const name = event.target.closest("[data-can~=rename] th .name");
  if (!name || isModified(event) || event.detail === 0 || event.defaultPrevented) return;
  event.preventDefault();
  clearTimeout(opening);
  if (event.detail === 1) opening = setTimeout(() => { window.location = name.href; }, 250);
  else actOnRow(name.closest("tr"), "rename");
});

// === Keys. Off in dialogs and menus and while one types; each person can switch the letters off ===

let firstKey = ""; // "g" waits for the letter of a page

const findRow = () => document.activeElement.closest("tr[data-model-id]");

function stepRow(step) {
  const rows = [...document.querySelectorAll("#results tr[data-model-id]")].filter((row) => row.checkVisibility());
  rows[findRow() ? rows.indexOf(findRow()) + step : 0]?.querySelector(".name").focus();
}

// What a key does, or the control that it presses. Other keys press the control that names them in data-key.
const KEYS = {
  "/": () => document.getElementById("q") ?? document.getElementById("find"),
  j: () => stepRow(1),
  k: () => stepRow(-1),
  x: (row) => row?.querySelector(".pick input"),
  o: (row) => row?.querySelector(".name"),
  r: (row) => actOnRow(row, "rename"),
  e: (row) => document.querySelector("body:has(.pick :checked) #bulk [name=verb][value=archive]:not([hidden])") ?? actOnRow(row, "archive"),
  w: (row) => row && showWatching(row.dataset.modelId),
  z: () => document.querySelector("#flash [data-undo]"),
};

function findKeys({ key, target, ctrlKey, metaKey, altKey, shiftKey, repeat, isComposing }) {
  if (document.querySelector("dialog:modal, :popover-open") || isComposing || altKey) return "";
  if (ctrlKey || metaKey) return key.toLowerCase() === "k" && !shiftKey ? "palette" : "";
  const isTyping = target.matches("textarea, select, input:not([type=checkbox], [type=radio])");
  return isTyping || (repeat && !"jk".includes(key)) || document.documentElement.dataset.keys === "off" ? "" : firstKey + key;
}

document.addEventListener("keydown", (event) => {
  const keys = findKeys(event);
  firstKey = keys === "g" ? keys : "";
  const control = keys && (KEYS[keys]?.(findRow()) ?? document.querySelector(`[data-key="${CSS.escape(keys)}"]`));
  if (!control) return;
  event.preventDefault();
  if (control.type === "search") control.select();
  else control.click();
});

// The palette knows the model in sight. Its field keeps the focus; the arrow keys choose, and Enter opens.
document.addEventListener("htmx:configRequest", ({ detail: { elt, parameters } }) => {
  if (elt.matches("[data-key=palette]")) parameters.model = (findRow() ?? document.querySelector("article[data-model-id]"))?.dataset.modelId ?? "";
});

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!target.matches("#palette [role=combobox]")) return;
  const choices = [...document.querySelectorAll("#palette [role=option]")];
  const chosen = choices.findIndex((choice) => choice.ariaSelected === "true");
  const step = { ArrowDown: 1, ArrowUp: choices.length - 1 }[key];
  if (!step && (key !== "Enter" || document.getElementById("palette-choices").dataset.typed !== target.value)) return;
  event.preventDefault();
  if (!step) choices[chosen]?.click();
  const next = choices[(chosen + (step ?? 0)) % choices.length];
  choices.forEach((choice) => choice.setAttribute("aria-selected", choice === next));
  target.setAttribute("aria-activedescendant", next?.id ?? "");
  next?.scrollIntoView({ block: "nearest" });
});
