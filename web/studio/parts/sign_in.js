// The session has ended while a page was open: sign in over it, and go on where one was.

import { watch } from "../arrivals.js";
import { run } from "../core/client.js";
import { forgetPerson } from "../core/kept.js";
import { href } from "../core/router.js";
import { signal } from "../core/signal.js";
import { html } from "../core/template.js";
import { forgetViewer, state, tell } from "../store.js";
import { refreshViewer } from "../viewer.js";
import { words } from "../words/en.js";
import { open } from "./dialog.js";

let isOpen = false;

/** Asks whoever was signed in for their password. Letting it be leaves the studio. */
export async function openSignIn() {
  if (isOpen) return;
  isOpen = true;
  const email = state.viewer?.email ?? "";
  const back = await open(words.session.ended, (dialog, { close }) => {
    const problem = signal("");
    const isAsking = signal(false);
    const enter = async (event) => {
      event.preventDefault();
      const data = new FormData(event.currentTarget);
      isAsking.value = true;
      try {
        await run("SignIn", { input: { email: data.get("email"), password: data.get("password") } });
        close(true);
      } catch (error) {
        problem.value = error.message;
      } finally {
        isAsking.value = false;
      }
    };
    return () => html`<form class="ask" @submit=${enter}>
      <p>${words.session.text}</p>
      <label>${words.account.email}<input name="email" type="email" required autocomplete="username" .value=${email}></label>
      <label>${words.account.password}<input name="password" type="password" required autocomplete="current-password" autofocus></label>
      <p class="danger" role="alert">${problem.value}</p>
      <p><a href=${href("password")}>${words.account.forgot}</a></p>
      <div class="actions"><button type="button" class="quiet" @click=${() => close(false)}>${words.session.leave}</button>
        <button disabled=${isAsking.value}>${words.account.signIn}</button></div>
    </form>`;
  });
  isOpen = false;
  if (!back) {
    // Whoever only closes it may come back to their drafts; another person finds none.
    if (back === false) forgetPerson();
    forgetViewer();
    return;
  }
  const before = state.viewer?.id;
  tell({ sessionEnded: false });
  await refreshViewer().catch(() => { /* The line is away: once it is back, the session is looked at again. */ });
  // Somebody else's page must not stay open under a new name.
  if (state.viewer?.id !== before) location.reload();
  watch();
}
