// Asks for a link. What is said does not depend on whether the address has an account.

import { run } from "../../core/client.js";
import { href } from "../../core/router.js";
import { signal } from "../../core/signal.js";
import { html } from "../../core/template.js";
import { words as shared } from "../../words/en.js";
import { words } from "../../words/en/password.js";

/** Answers what draws the form, or whom to ask where the studio sends nothing. */
export function ask() {
  const problem = signal("");
  const isAsking = signal(false);
  const minutes = signal(0);
  const help = signal(null);
  // Whoever cannot be told asks all the same, and is told then.
  run("PasswordHelp").then((told) => { help.value = told; }).catch(() => { help.value = { byPost: true }; });

  const wished = async (event) => {
    event.preventDefault();
    if (isAsking.value) return;
    const email = new FormData(event.currentTarget).get("email");
    isAsking.value = true;
    problem.value = "";
    try {
      minutes.value = (await run("RequestPasswordLink", { input: { email } })).minutes;
    } catch (error) {
      problem.value = error.message;
      if (error.code === "POST_MISSING") help.value = { byPost: false };
    } finally {
      isAsking.value = false;
    }
  };

  const back = () => html`<p><a href=${href("welcome")}>${words.back}</a></p>`;
  const form = () => html`<p>${words.ask.text}</p><form @submit=${wished}>
    <label>${shared.account.email}<input name="email" type="email" required autofocus autocomplete="username"></label>
    <p class="danger" role="alert">${problem.value}</p>
    <button disabled=${isAsking.value}>${words.ask.action}</button></form>`;
  const sent = () => html`<p>${words.sent.text(minutes.value)}</p><p class="faint">${words.sent.nothing}</p>
    <p><button type="button" class="quiet" @click=${() => { minutes.value = 0; }}>${words.sent.again}</button></p>`;
  const noPost = () => html`<p>${words.noPost.text}</p><p class="faint">${words.noPost.operator}</p>
    <p><code>${words.noPost.command}</code></p>`;

  return () => html`<section class="way-in" aria-busy=${String(help.value === null)}>
    <h2>${minutes.value ? words.sent.title : words.ask.title}</h2>
    <div role="status">${minutes.value ? sent() : null}</div>
    ${minutes.value || !help.value ? null : help.value.byPost ? form() : noPost()}
    ${back()}</section>`;
}
