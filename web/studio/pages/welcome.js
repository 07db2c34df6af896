// The way in: an account, and whom it belongs to.

import { element, field, form } from "../element.js";
import { command, run } from "../core/client.js";
import { attempt } from "../notice.js";
import { listen, state } from "../store.js";
import { refreshViewer } from "../viewer.js";
import { plain, time } from "../wording.js";

export default function welcome(main, { onLeave }) {
  if (state.viewer) onLeave(account(main));
  else signIn(main, refreshViewer);
}

function signIn(main, onSignedIn) {
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

function account(main) {
  const draw = () => {
    const { email, verification } = state.viewer;
    const verified = verification.status === "VERIFIED";
    main.replaceChildren(element("section", {},
      element("h2", {}, "Account"),
      element("p", {}, email),
      element("p", { class: verified ? "good" : "" },
        `Identity and age: ${plain(verification.status)}`,
        verified ? ` (${plain(verification.assurance)}, until ${time(verification.validUntil)})` : ""),
      verified ? null : element("p", { class: "faint" },
        "Before you can train a twin, a provider checks your document and that you are an adult."),
      verified ? element("p", {}, "Next: ", element("a", { href: "#/twins" }, "make a twin"), ".")
        : element("div", { class: "row" },
          element("button", {
            type: "button",
            onclick: () => attempt(async () => {
              const started = await command("StartVerification", { returnUrl: location.href });
              location.assign(started.redirectUrl);
            }),
          }, "Verify (sandbox)"),
          element("button", {
            type: "button", class: "quiet", onclick: () => attempt(() => refreshViewer()),
          }, "Look again"))));
  };
  draw();
  // The provider's decision arrives elsewhere and has no feed of its own: look while it is open.
  const timer = setInterval(() => {
    if (state.viewer?.verification.status === "PENDING") refreshViewer();
  }, 1500);
  const unlisten = listen((changed) => {
    if (changed.includes("viewer") && state.viewer) draw();
  });
  return () => { clearInterval(timer); unlisten(); };
}
