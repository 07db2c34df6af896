// What stands around every page: where one can go, what one has, what is going on, and what was just said.

import { render } from "./core/template.js";
import { dismiss, toasts } from "./core/toasts.js";
import { computed, effect } from "./core/signal.js";
import { html, keyed } from "./core/template.js";
import { href, route } from "./core/router.js";
import { PAGES, placesOf } from "./pages.js";
import { icon } from "./parts/icon.js";
import { credits } from "./wording.js";
import { state } from "./store.js";
import { words } from "./words/en.js";

const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED"]);
/** What has room in the bar of a phone; everything else lies behind "More". */
const ON_A_PHONE = ["create", "gallery", "twins", "queue"];

const going = computed(() => {
  const open = [...state.jobs.values()].filter((job) => !ENDED.has(job.state));
  const running = open.filter((job) => job.progress);
  const steps = running.reduce((sum, { progress }) => sum + progress.stepsTotal, 0);
  const done = running.reduce((sum, { progress }) => sum + progress.step, 0);
  return { running: running.length, waiting: open.length - running.length, percent: steps ? Math.floor((100 * done) / steps) : null };
});

// Less than what was asked for last: the same again could not be paid.
const isLow = computed(() => {
  const last = [...state.jobs.values()].reduce((newest, job) => (newest && newest.requestedAt > job.requestedAt ? newest : job), null);
  return Boolean(state.wallet && last) && state.wallet.available < last.quoted;
});

/** Draws it, now and after every change. The page itself is in `#content`. */
export function shell() {
  const at = (id) => document.getElementById(id);
  effect(() => render(rail(), at("navigation")));
  effect(() => render(signs(), at("signs")));
  effect(() => render(state.lostAt ? html`<p class="banner">${words.line.offline(state.lostAt)}</p>` : null, at("banner")));
  effect(() => render(toasts.value.map((one) => keyed(one.key, toast(one))), at("toasts")));
  effect(() => {
    document.body.classList.toggle("is-signed-in", state.viewer !== null);
    at("navigation").hidden = state.viewer === null;
  });
  effect(() => {
    const { percent } = going.value;
    const called = titleOf(route.value.page);
    document.title = `${percent === null ? "" : `${percent} % · `}${called} · ${words.studio}`;
    at("title").textContent = called;
  });
}

function titleOf(page) {
  // To whom it is not shown, it is one that does not exist.
  if (state.viewer && page && !placesOf(state.viewer).includes(page)) return words.notFound.title;
  return words.pages[page] ?? (page === "" ? words.studio : words.notFound.title);
}

function rail() {
  const here = route.value.page;
  const places = placesOf(state.viewer);
  return html`<ul>
    ${places.map((page) => keyed(page, html`<li class=${ON_A_PHONE.includes(page) ? "" : "not-on-a-phone"}>
      <a href=${href(page)} aria-current=${page === here ? "page" : null}>${icon(PAGES[page].icon)}<span>${words.pages[page]}</span></a></li>`))}
    <li class="only-on-a-phone"><details class="more" @click=${closeAfterLink}>
      <summary>${icon("more")}<span>${words.more}</span></summary>
      <ul>${places.filter((page) => !ON_A_PHONE.includes(page)).map((page) => keyed(page, html`<li>
        <a href=${href(page)} aria-current=${page === here ? "page" : null}>${icon(PAGES[page].icon)}<span>${words.pages[page]}</span></a></li>`))}</ul>
    </details></li>
  </ul>`;
}

function closeAfterLink(event) {
  if (event.target.closest("a")) event.currentTarget.open = false;
}

function signs() {
  if (!state.viewer) return null;
  const { available, reserved } = state.wallet ?? {};
  const { running, waiting } = going.value;
  const isBusy = running + waiting > 0;
  return html`
    <button type="button" class="chip" id="queue-chip" @click=${async () => (await import("./parts/queue_drawer.js")).openQueue()}>${icon("queue")}
      <span>${isBusy ? [running ? words.queue.running(running) : "", waiting ? words.queue.waiting(waiting) : ""].filter(Boolean).join(", ") : words.queue.idle}</span></button>
    <a class=${isLow.value ? "chip is-low" : "chip"} href=${href("credits")} title=${isLow.value ? words.balance.low : words.balance.called}>${icon("credits")}
      <span id="balance">${state.wallet ? words.balance.available(available) : ""}${reserved ? ` (${words.balance.reserved(reserved)})` : ""}</span>
      ${isLow.value ? html`<span class="visually-hidden">${words.balance.low}</span>` : null}</a>
    <span class=${state.lostAt ? "dot is-lost" : "dot"} role="img" aria-label=${state.lostAt ? words.line.lost : words.line.live}
      title=${state.lostAt ? words.line.lost : words.line.live}></span>`;
}

function toast({ key, text, isBad, link, picture }) {
  return html`<div class=${isBad ? "toast is-bad" : "toast"} role=${isBad ? "alert" : "status"}>
    ${picture}<span>${text}</span>
    ${link?.action ? html`<button type="button" class="plain does" @click=${() => { dismiss(key); link.action(); }}>${link.text}</button>` : null}
    ${link?.href ? html`<a href=${link.href} @click=${() => dismiss(key)}>${link.text}</a>` : null}
    <button type="button" class="plain" aria-label=${words.dismiss} @click=${() => dismiss(key)}>${icon("close")}</button></div>`;
}
