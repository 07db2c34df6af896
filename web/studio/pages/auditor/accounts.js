// Balances, added up again from the postings of the ledger's own events: nobody's word is taken for them.

const utf8 = new TextDecoder("utf-8", { fatal: true });
const OWNED = { available: "available", reserved: "reserved", revenue: "spent" };

/** Sums of all owners, and each owner's. Amounts are whole millicredits. */
export class Accounts {
  #owners = new Map();

  /** Takes the stored bytes of a wallet's event; answers the name of what is wrong with it, or null. */
  take(owner, bytes) {
    const { postings = [] } = JSON.parse(utf8.decode(bytes));
    // A wallet that was only opened is no line of the ledger yet.
    if (!postings.length) return null;
    const held = this.#owners.get(owner) ?? { available: 0, reserved: 0, spent: 0 };
    this.#owners.set(owner, held);
    let sum = 0;
    for (const { account, millicredits } of postings) {
      if (!Number.isSafeInteger(millicredits)) return "amount";
      sum += millicredits;
      const part = OWNED[account];
      if (part) held[part] += millicredits;
    }
    if (sum !== 0) return "postings";
    return held.available < 0 || held.reserved < 0 ? "overdrawn" : null;
  }

  /** What all owners have together, and how many they are. */
  get sums() {
    const sums = { available: 0, reserved: 0, spent: 0, owners: this.#owners.size };
    for (const held of this.#owners.values()) for (const part of Object.keys(held)) sums[part] += held[part];
    return sums;
  }
}
