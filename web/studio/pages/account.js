// Identity and age: what is known, and what is still missing.

import { element } from "../element.js";
import { command } from "../graphql.js";
import { attempt } from "../notice.js";
import { listen, state } from "../state.js";
import { refreshViewer } from "../viewer.js";
import { plain, time } from "../words.js";

export function account(main) {
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
      verified ? element("p", {}, "Next: ", element("a", { href: "#twins" }, "make a twin"), ".")
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
