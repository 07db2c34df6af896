// Another password, from the one there is. Every other session ends.

import { run } from "../../core/client.js";
import { signal } from "../../core/signal.js";
import { html, keyed } from "../../core/template.js";
import { passwordField, revealed } from "../../parts/password_field.js";
import { state } from "../../store.js";
import { words as settings } from "../../words/en/settings.js";

const words = settings.password;

/** Answers what draws the form. `changed` is called once the password is another. */
export function passwordChange(changed) {
  const problem = signal("");
  const said = signal("");
  const isShown = signal(false);
  const isAsking = signal(false);
  const turn = signal(0);

  const wished = async (event) => {
    event.preventDefault();
    if (isAsking.value) return;
    const data = new FormData(event.currentTarget);
    isAsking.value = true;
    problem.value = "";
    said.value = "";
    try {
      const { sessionsEnded } = await run("ChangePassword", { input: { oldPassword: data.get("old"), password: data.get("password") } });
      said.value = words.done(sessionsEnded);
      // Both fields are empty again.
      turn.value += 1;
      isShown.value = false;
      changed();
    } catch (error) {
      problem.value = error.message;
    } finally {
      isAsking.value = false;
    }
  };

  return () => html`<section><h2>${words.title}</h2><p class="faint">${words.hint}</p>
    ${keyed(turn.value, html`<form class="narrow" @submit=${wished}>
      <input hidden type="email" autocomplete="username" readonly .value=${state.viewer?.email ?? ""}>
      ${passwordField(words.old, { isShown, isNew: false, name: "old" })}
      ${passwordField(words.fresh, { isShown, isNew: true })}
      ${revealed(isShown)}
      <p class="danger" role="alert">${problem.value}</p>
      <div><button disabled=${isAsking.value}>${words.action}</button></div></form>`)}
    <p class="good" role="status">${said.value}</p></section>`;
}
