// Sign up and sign in.

import { element, field, form } from "../element.js";
import { command, run } from "../graphql.js";
import { attempt } from "../notice.js";

export function signIn(main, onSignedIn) {
  const email = element("input", { name: "email", type: "email", required: true, autocomplete: "username" });
  const password = element("input", {
    name: "password", type: "password", required: true, minLength: 12, autocomplete: "current-password",
  });
  const enter = async (data) => {
    const input = { email: data.get("email"), password: data.get("password") };
    await run("SignIn", { input });
    await onSignedIn();
  };
  main.replaceChildren(element("section", {},
    element("h2", {}, "Sign in or sign up"),
    element("p", { class: "faint" },
      "The studio makes pictures of verified adults who photograph themselves. ",
      "Here it draws cartoon avatars only."),
    form((data) => attempt(() => enter(data)),
      field("E-mail address", email),
      field("Password (12 characters or more)", password),
      element("div", { class: "row" },
        element("button", {}, "Sign in"),
        element("button", {
          type: "button",
          class: "quiet",
          onclick: () => attempt(async () => {
            if (!email.form.reportValidity()) return;
            const data = new FormData(email.form);
            await command("SignUp", { email: data.get("email"), password: data.get("password") });
            await enter(data);
          }),
        }, "Sign up")))));
}
