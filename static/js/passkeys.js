// Passkeys. django-allauth's script asks the browser for one; this one tells it where in the page, and says it if that
// fails. Loaded after allauth's, on pages with an element [data-passkey] alone.
(() => {
  const box = document.querySelector("[data-passkey]");
  const button = box.querySelector("[data-passkey-button]");
  const failure = box.querySelector("[data-passkey-failure]");
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    failure.hidden = false;
  });
  button.addEventListener("click", () => {
    failure.hidden = true;
  });
  const ids = { add: button.id, authenticate: button.id, credential: box.querySelector("[name=credential]").id };
  window.allauth.webauthn.forms[box.dataset.passkey]({ ids, data: JSON.parse(box.dataset.options) });
  box.querySelector("[data-passkey-without-script]").hidden = true;
  button.hidden = false;
})();
