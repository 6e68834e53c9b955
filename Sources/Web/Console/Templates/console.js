// Keeps the page up to date while somebody looks at it. Without this script everything works; it is then as new as its last load.
(() => {
  "use strict";
  const main = document.querySelector("main[data-live]");
  if (!main || !window.EventSource) return;

  // Nobody's half-written form, chosen text or opened detail is taken from under them.
  const isBusy = () => {
    const focused = document.activeElement;
    if (focused && main.contains(focused) && focused.matches("input, select, textarea")) return true;
    if (main.querySelector("details[open]") || String(document.getSelection())) return true;
    return [...main.querySelectorAll("input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);
  };

  let isLate = false;
  const refresh = async () => {
    if (document.hidden || isBusy()) { isLate = true; return; }
    isLate = false;
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main[data-live]");
    if (!fresh) return;
    // What stands there already is not read out again.
    if (fresh.innerHTML !== main.innerHTML) {
      const place = main.querySelector(":focus");
      const label = place && place.textContent;
      main.replaceChildren(...fresh.childNodes);
      if (label) [...main.querySelectorAll("a, button, summary")].find((one) => one.textContent === label)?.focus();
    }
    const links = page.querySelector("nav ul");
    if (links) document.querySelector("nav ul").replaceChildren(...links.childNodes);
  };

  const stream = new EventSource("/live");
  stream.addEventListener("changed", () => { refresh().catch(() => {}); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && isLate) refresh().catch(() => {}); });
  window.addEventListener("pagehide", () => stream.close());
})();
