// What this adds to forms and links that work without it: answers appear in place, the page follows
// the documents as they are saved, copying and printing. It stores nothing.

const WHOLE = ["news", "plain", "asked", "said"];
const SIDES = ["slack", "discord"];
const parser = new DOMParser();

const byId = (id) => document.getElementById(id);

/** Puts the parts of a new page that have these ids in place of the old ones. */
function swap(html, ids) {
  const page = parser.parseFromString(html, "text/html");
  for (const id of ids) {
    const fresh = page.getElementById(id);
    const old = byId(id);
    if (!fresh || !old || fresh.isEqualNode(old)) continue;
    if (old.getAttribute("role") === "status") {
      // A live region has to stay what it is, to be heard.
      old.replaceChildren(...fresh.childNodes);
      Object.assign(old.dataset, fresh.dataset);
    } else {
      const held = old.contains(document.activeElement);
      old.replaceWith(fresh);
      if (held) focusIn(fresh);
    }
  }
}

/** Whoever was in a part that was replaced is in the new one. */
function focusIn(part) {
  const target = part.matches("[tabindex]") ? part : part.querySelector("input, a, summary");
  target?.focus({ preventScroll: true });
}

/** Sends a form; the page that comes back. */
async function send(form, address, pressed) {
  const body = new URLSearchParams(new FormData(form));
  if (pressed) body.append("press", pressed);
  const response = await fetch(address, { method: "POST", body });
  const html = await response.text();
  if (!response.ok) throw new Error(html);
  return html;
}

let last = Promise.resolve();

/** One after the other, so that each knows what the one before it has brought. */
function inTurn(work) {
  last = last.then(work).catch(failed);
}

async function ask(form, address, pressed) {
  const [side] = pressed.split(" ");
  const html = await send(form, address, pressed);
  swap(html, [...WHOLE, ...(side ? [side] : SIDES), ...SIDES.map((each) => `${each}-channel`)]);
  if (side) byId(side).focus({ preventScroll: true });
}

function failed(error) {
  byId("said").textContent = error.message;
  byId("said").classList.remove("hidden");
}

const form = byId("ask");
if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    const address = button?.getAttribute("formaction") ?? form.getAttribute("action");
    const pressed = button?.name === "press" ? button.value : "";
    inTurn(() => ask(form, address, pressed));
  });
  form.addEventListener("change", (event) => {
    if (event.target.closest(".switches")) inTurn(redraw);
  });
}

async function redraw() {
  const html = await send(form, "/again", "");
  swap(html, ["news", "said", ...SIDES, ...SIDES.map((each) => `${each}-channel`)]);
}

// The page follows the documents.

async function follow() {
  if (form) return redraw();
  const response = await fetch(location.href);
  swap(await response.text(), ["news", "main"]);
  wire();
}

let news = null;

/** A page that nobody looks at lets go: a browser has few connections to one server. */
function listen() {
  if (document.hidden) {
    news?.close();
    news = null;
  } else if (!news) {
    news = new EventSource("/news");
    news.addEventListener("message", (event) => {
      if (event.data !== byId("news").dataset.version) inTurn(follow);
    });
  }
}

document.addEventListener("visibilitychange", listen);
listen();

// Light and dark come along in addresses, because nothing is stored.

function choose(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  if (form) form.elements.theme.value = theme;
  for (const link of document.querySelectorAll(".themes a")) {
    if (link.dataset.theme === theme) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const link of document.querySelectorAll('a[href^="/"]')) {
    const address = new URL(link.href);
    if (theme) address.searchParams.set("theme", theme);
    else address.searchParams.delete("theme");
    link.href = address.pathname + address.search + address.hash;
  }
}

for (const link of document.querySelectorAll(".themes a")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    choose(link.dataset.theme);
  });
}

// Cards.

async function copy(button) {
  await navigator.clipboard.writeText(byId(button.dataset.copy).textContent);
  byId("said").textContent = `Copied: ${button.dataset.title}`;
}

function wire() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button).catch(failed));
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

wire();
