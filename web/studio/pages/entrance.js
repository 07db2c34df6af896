// Sign in, or create an account: two forms, for they ask for different things.

import { intention, run } from "../core/client.js";
import { href } from "../core/router.js";
import { signal } from "../core/signal.js";
import { html, keyed } from "../core/template.js";
import { icon } from "../parts/icon.js";
import { refreshViewer } from "../viewer.js";
import { words as shared } from "../words/en.js";
import { words } from "../words/en/welcome.js";

const EXAMPLES = 3;

/** Draws the forms; whoever is signed in afterwards is where they wanted to be. */
export default function entrance() {
  const isNew = signal(false);
  const isShown = signal(false);
  const problem = signal("");
  const isAsking = signal(false);
  const examples = signal([]);
  const signUp = intention("SignUp");

  fetch("/samples/index.json").then((answer) => (answer.ok ? answer.json() : { sets: [] }))
    .then(({ sets }) => { examples.value = sets.slice(0, EXAMPLES).map((set) => set.photos[0]); })
    .catch(() => {});

  const enter = async (event) => {
    event.preventDefault();
    if (isAsking.value) return;
    const data = new FormData(event.currentTarget);
    const input = { email: data.get("email"), password: data.get("password") };
    isAsking.value = true;
    problem.value = "";
    try {
      if (isNew.value) await signUp(input);
      await run("SignIn", { input });
      await refreshViewer();
    } catch (error) {
      problem.value = error.message;
    } finally {
      isAsking.value = false;
    }
  };

  const turn = (to) => { isNew.value = to; problem.value = ""; };
  const tab = (to, text) => html`<button type="button" aria-pressed=${String(isNew.value === to)} @click=${() => turn(to)}>${text}</button>`;

  // Written out here and not taken from `parts/`: the first load has room for no further module.
  return () => html`<div class="entrance">
    <div class="hero"><h2>${words.hero}</h2><p>${words.promise}</p>
      ${examples.value.length ? html`<figure class="examples"><div>${examples.value.map((url) => keyed(url, html`<img src=${url} alt="" width="160" height="160" decoding="async">`))}</div>
        <figcaption><small>${words.examples} · ${words.madeByAi}</small></figcaption></figure>` : null}</div>
    <section class="way-in">
      <div class="tabs">${tab(false, words.tabs.signIn)}${tab(true, words.tabs.signUp)}</div>
      ${keyed(isNew.value, html`<form @submit=${enter}>
        <label>${shared.account.email}<input name="email" type="email" required autofocus autocomplete="username"></label>
        <label>${isNew.value ? words.newPassword : words.password}<input name="password" required
          type=${isShown.value ? "text" : "password"} minlength=${isNew.value ? 12 : null}
          autocomplete=${isNew.value ? "new-password" : "current-password"}></label>
        <button type="button" class="plain reveal" aria-pressed=${String(isShown.value)} @click=${() => { isShown.value = !isShown.value; }}>
          ${icon("eye")}${isShown.value ? shared.account.conceal : shared.account.reveal}</button>
        <p class="danger" role="alert">${problem.value}</p>
        <button disabled=${isAsking.value}>${isNew.value ? words.signUp : shared.account.signIn}</button>
        ${isNew.value ? null : html`<p><a href=${href("password")}>${shared.account.forgot}</a></p>`}
      </form>`)}
    </section></div>`;
}
