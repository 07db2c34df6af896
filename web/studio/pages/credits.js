// Credits: what is there, how to buy more, and every entry of the ledger.

import { element } from "../element.js";
import { command, run } from "../core/client.js";
import { attempt } from "../notice.js";
import { listen, state } from "../store.js";
import { credits, plain, price, time } from "../wording.js";

export default function page(main, { onLeave }) {
  onLeave(wallet(main));
}

function wallet(main) {
  const rows = element("tbody");
  const figures = element("p");
  const more = element("button", { type: "button", class: "quiet", hidden: true }, "Older entries");
  let cursor = null;

  const load = async (after) => {
    const { wallet: found } = await run("Statement", { first: 30, after });
    const { edges, pageInfo } = found.statement;
    const made = edges.map(({ node }) => element("tr", {},
      element("td", {}, node.position), element("td", {}, time(node.at)),
      element("td", {}, plain(node.kind)),
      element("td", { class: "amount" }, credits(node.millicredits)),
      element("td", { class: "amount" }, credits(node.available)),
      element("td", { class: "amount" }, credits(node.reserved))));
    if (after === null) rows.replaceChildren(...made);
    else rows.append(...made);
    cursor = pageInfo.endCursor;
    more.hidden = !pageInfo.hasNextPage;
  };
  more.addEventListener("click", () => attempt(() => load(cursor)));

  const drawFigures = () => {
    const { available, reserved, spent } = state.wallet;
    figures.textContent = `Available ${credits(available)} · reserved ${credits(reserved)}` +
      (spent === undefined ? "" : ` · spent ${credits(spent)}`);
  };

  main.replaceChildren(
    element("section", {},
      element("h2", {}, "Credits"), figures,
      element("div", { class: "row" }, state.catalogue.packages.map((offer) =>
        element("button", {
          type: "button",
          onclick: () => attempt(async () => {
            const bought = await command("BuyCredits", {
              package: offer.id, returnUrl: location.href,
            });
            location.assign(bought.checkoutUrl);
          }),
        }, `${credits(offer.millicredits)} for ${price(offer.priceMinorUnits, offer.currency)}`)))),
    element("section", {},
      element("h2", {}, "Statement"),
      element("table", {},
        element("thead", {}, element("tr", {},
          element("th", {}, "Position"), element("th", {}, "Time"), element("th", {}, "Entry"),
          element("th", { class: "amount" }, "Credits"),
          element("th", { class: "amount" }, "Available after"),
          element("th", { class: "amount" }, "Reserved after"))),
        rows),
      more));
  drawFigures();
  attempt(() => load(null));
  return listen((changed) => {
    if (!changed.includes("wallet") || !state.wallet) return;
    drawFigures();
    attempt(() => load(null));
  });
}
