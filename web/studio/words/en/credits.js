// The words of the credits page.

import { spoken } from "../../core/spoken.js";
import { credits, price } from "../../wording.js";

const MADE = {
  IMAGES: (count) => (count === 1 ? "1 picture" : `${count} pictures`),
  VIDEO: (count) => (count === 1 ? "1 clip" : `${count} clips`),
  TRAINING: () => "Training of a twin",
};

export const words = spoken({
  balance: {
    title: "Your credits",
    available: "Available",
    held: "Held for jobs",
    spentThisMonth: "Spent this month",
    month: "Since the first of this month began, in universal time (UTC)",
    spent: (millicredits) => `${credits(millicredits)} in all`,
    heldFor: (count) => (count === 1 ? "Held for 1 open job" : `Held for ${count} open jobs`),
    others: (count) => (count === 1 ? "and 1 more" : `and ${count} more`),
    unit: "credits",
  },
  buy: {
    title: "Buy credits",
    legend: "A package",
    credits: (millicredits) => `${credits(millicredits)} credits`,
    each: (offer) => `${price((offer.priceMinorUnits * 1000) / offer.millicredits, offer.currency)} a credit`,
    buys: (pictures) => (pictures === 1 ? "1 picture" : `${pictures.toLocaleString()} pictures`),
    buysTwin: (pictures) => (pictures ? `one twin + ${pictures === 1 ? "1 picture" : `${pictures.toLocaleString()} pictures`}` : "one twin"),
    action: (offer) => `Buy for ${price(offer.priceMinorUnits, offer.currency)}`,
    missing: (millicredits) => `You need ${credits(millicredits)} credits more for what you were about to make. It is kept for you.`,
    back: "Back to it",
    leaving: "You pay at our payment provider, and come back here.",
  },
  purchases: {
    title: "Purchases",
    none: "What you buy is listed here, with its receipt.",
    of: (one) => `${credits(one.credits)} credits for ${price(one.priceMinorUnits, one.currency)}`,
    states: {
      STARTED: "Not paid yet",
      CONFIRMING: "Confirming payment…",
      CREDITED: "Paid",
      DECLINED: "The card was declined. Nothing was charged; try another card.",
      CANCELLED: "You left the checkout. Nothing was charged.",
      EXPIRED: "The checkout was not finished in time. Nothing was charged.",
      FAILED: "It was not paid. Nothing was charged.",
    },
    again: "Try again",
    goOn: "Pay now",
    back: "Back to the checkout",
    arrived: (millicredits) => `${credits(millicredits)} credits are yours.`,
    receipt: "Receipt",
    receiptOf: (one) => `Receipt: ${credits(one.credits)} credits`,
    facts: { number: "Number", package: "Package", credits: "Credits", paid: "Paid", at: "Date" },
  },
  statement: {
    title: "Statement",
    columns: { what: "What", when: "When", change: "Credits", after: "Available after" },
    job: ({ kind, count, prompt, twinName }) => [(MADE[kind] ?? (() => "A job"))(count), kind === "TRAINING" ? twinName : prompt].filter(Boolean).join(" · "),
    bought: (name) => `Credits bought (${name})`,
    promoted: "Credits given to you",
    promotionExpired: "Given credits that ran out",
    held: (millicredits) => `${credits(millicredits)} held until it is done`,
    returned: (millicredits) => `${credits(millicredits)} held and not needed came back`,
    free: "Nothing was charged",
    other: "Entry",
    empty: "Nothing yet. What you buy and spend is listed here, entry by entry.",
    noneOf: "There is no such entry.",
    older: "Older entries",
    filters: { all: "All", spent: "Spent", bought: "Bought" },
    filter: "Show",
    download: "Save as CSV",
    downloadLines: "Save as JSONL",
    csv: ["position", "time", "entry", "what", "credits", "available after", "held after"],
  },
});
