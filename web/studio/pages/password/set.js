// Sets a new password by a link, which works once, and signs in with it.

import { run } from "../../core/client.js";
import { forgetPerson } from "../../core/kept.js";
import { go, href } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { homeOf } from "../../pages.js";
import { passwordField, revealed } from "../../parts/password_field.js";
import { forgetViewer, state } from "../../store.js";
import { refreshViewer } from "../../viewer.js";
import { words } from "../../words/en/password.js";

/** Answers what draws the form for the link with this token. */
export function set(token) {
  const problem = signal("");
  const isOver = signal(false);
  const isSet = signal(false);
  const isShown = signal(false);
  const isAsking = signal(false);

  const chosen = async (event) => {
    event.preventDefault();
    if (isAsking.value) return;
    const password = new FormData(event.currentTarget).get("password");
    isAsking.value = true;
    problem.value = "";
    isOver.value = false;
    try {
      const { email } = await run("SetPassword", { input: { token, password } });
      isSet.value = true;
      await enter(email, password);
    } catch (error) {
      problem.value = isSet.value ? "" : error.message;
      isOver.value = error.code === "PASSWORD_LINK_OVER";
    } finally {
      isAsking.value = false;
    }
  };

  return () => html`<section class="way-in"><h2>${words.set.title}</h2>
    ${isSet.value ? html`<p role="status">${words.set.done}</p><p><a class="button" href=${href("welcome")}>${words.set.signIn}</a></p>` : html`
      <p>${words.set.text}</p><form @submit=${chosen}>
        ${passwordField(words.set.label, { isShown, isNew: true, autofocus: true })}
        ${revealed(isShown)}
        <div role="alert">${problem.value ? html`<p class="danger">${problem.value}</p>` : null}
          ${isOver.value ? html`<p>${words.set.over}</p><p class="actions"><a class="button quiet" href=${href("password")}>${words.set.askAgain}</a>
            <a class="button quiet" href=${href("welcome")}>${words.set.signIn}</a></p>` : null}</div>
        <button disabled=${isAsking.value}>${words.set.action}</button></form>`}</section>`;
}

// Whoever was signed in here may be somebody else: nothing of theirs stays.
async function enter(email, password) {
  if (state.viewer) {
    (await import("../../arrivals.js")).unwatch();
    await run("SignOut");
    forgetPerson();
    forgetViewer();
  }
  await run("SignIn", { input: { email, password } });
  await refreshViewer();
  // The link is over: Back does not return to it.
  if (state.viewer) await go(href(homeOf(state.viewer)), { replace: true });
}
