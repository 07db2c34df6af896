// What a good photo looks like, and what a bad one does: drawn, so that it is nobody.

import { html } from "../../core/template.js";
import { icon } from "../../parts/icon.js";
import { words as twins } from "../../words/en/twins.js";

const words = twins.photos.examples;

// Each is whole: a part of a drawing by itself would not be one.
const GOOD = [
  ["front", html`<svg viewBox="0 0 64 64" aria-hidden="true"><rect width="64" height="64" fill="#cfe3f5"/><path d="M14 64c2-14 10-18 18-18s16 4 18 18z" fill="#4d7d63"/><ellipse cx="32" cy="29" rx="14" ry="17" fill="#e9b78f"/><path d="M17 27c0-13 7-18 15-18s15 5 15 18c-3-7-8-9-15-9s-12 2-15 9z" fill="#4b3324"/><circle cx="26.500" cy="29" r="1.800" fill="#2b2020"/><circle cx="37.500" cy="29" r="1.800" fill="#2b2020"/><path d="M27 38c3 2 7 2 10 0" fill="none" stroke="#8c4a3f" stroke-width="1.800" stroke-linecap="round"/></svg>`],
  ["side", html`<svg viewBox="0 0 64 64" aria-hidden="true"><rect width="64" height="64" fill="#f3e3c4"/><path d="M12 64c2-14 10-18 19-18s15 4 17 18z" fill="#8a5a9b"/><ellipse cx="33" cy="29" rx="13" ry="17" fill="#e9b78f"/><path d="M45 28l4.500 5-4.500 1.500z" fill="#e9b78f"/><path d="M18 31c-2-15 6-22 15-22 7 0 12 4 13 12-6-3-12-3-15 0-2 3-2 8-4 13-3 2-8 1-9-3z" fill="#4b3324"/><circle cx="41" cy="28" r="1.800" fill="#2b2020"/><path d="M38 38c2 1 4 1 6-.500" fill="none" stroke="#8c4a3f" stroke-width="1.800" stroke-linecap="round"/></svg>`],
  ["laughing", html`<svg viewBox="0 0 64 64" aria-hidden="true"><rect width="64" height="64" fill="#d9efd6"/><path d="M14 64c2-14 10-18 18-18s16 4 18 18z" fill="#b6553f"/><ellipse cx="32" cy="29" rx="14" ry="17" fill="#e9b78f"/><path d="M17 27c0-13 7-18 15-18s15 5 15 18c-3-7-8-9-15-9s-12 2-15 9z" fill="#4b3324"/><path d="M24 29c1.500-2 4-2 5.500 0M34.500 29c1.500-2 4-2 5.500 0" fill="none" stroke="#2b2020" stroke-width="1.800" stroke-linecap="round"/><path d="M25 36h14c-1 5-4 7-7 7s-6-2-7-7z" fill="#8c3a34"/><path d="M27 37h10v2H27z" fill="#fff"/></svg>`],
];
const BAD = [
  ["dark", html`<svg viewBox="0 0 64 64" aria-hidden="true"><rect width="64" height="64" fill="#14141a"/><path d="M14 64c2-14 10-18 18-18s16 4 18 18z" fill="#1d2420"/><ellipse cx="32" cy="29" rx="14" ry="17" fill="#33291f"/><path d="M17 27c0-13 7-18 15-18s15 5 15 18c-3-7-8-9-15-9s-12 2-15 9z" fill="#1c1611"/></svg>`],
  ["blurred", html`<svg viewBox="0 0 64 64" aria-hidden="true"><defs><filter id="example-blur"><feGaussianBlur stdDeviation="3"/></filter></defs><rect width="64" height="64" fill="#cfe3f5"/><g filter="url(#example-blur)"><path d="M14 64c2-14 10-18 18-18s16 4 18 18z" fill="#4d7d63"/><ellipse cx="32" cy="29" rx="14" ry="17" fill="#e9b78f"/><path d="M17 27c0-13 7-18 15-18s15 5 15 18c-3-7-8-9-15-9s-12 2-15 9z" fill="#4b3324"/><path d="M27 38c3 2 7 2 10 0" fill="none" stroke="#8c4a3f" stroke-width="2"/></g></svg>`],
  ["several", html`<svg viewBox="0 0 64 64" aria-hidden="true"><rect width="64" height="64" fill="#f3e3c4"/><path d="M2 64c2-12 8-15 15-15s13 3 15 15zM32 64c2-12 8-15 15-15s13 3 15 15z" fill="#4d7d63"/><ellipse cx="18" cy="34" rx="10" ry="13" fill="#e9b78f"/><ellipse cx="46" cy="34" rx="10" ry="13" fill="#c98f68"/><path d="M8 32c0-9 5-13 10-13s10 4 10 13c-3-5-6-6-10-6s-7 1-10 6z" fill="#4b3324"/><path d="M36 32c0-9 5-13 10-13s10 4 10 13c-3-5-6-6-10-6s-7 1-10 6z" fill="#1f1a17"/></svg>`],
  ["far", html`<svg viewBox="0 0 64 64" aria-hidden="true"><rect width="64" height="64" fill="#cfe3f5"/><path d="M0 50h64v14H0z" fill="#9dbb8d"/><path d="M27 60c0-9 2-13 5-13s5 4 5 13z" fill="#b6553f"/><ellipse cx="32" cy="43" rx="3" ry="3.800" fill="#e9b78f"/><path d="M29 42c0-3 1.500-4 3-4s3 1 3 4c-1-1.500-5-1.500-6 0z" fill="#4b3324"/></svg>`],
];

/** Three to follow, four to avoid. */
export function examples() {
  const one = (sign) => ([name, drawn]) => html`<li class=${sign === "check" ? "is-good" : "is-bad"}>${drawn}<span>${icon(sign)}${words[name]}</span></li>`;
  return html`<div class="examples"><h4>${words.good}</h4><ul>${GOOD.map(one("check"))}</ul><h4>${words.bad}</h4><ul>${BAD.map(one("close"))}</ul></div>`;
}
