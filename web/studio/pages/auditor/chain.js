// The chain of all events, checked as `verify.py` does: every row is hashed again, follows from the row before
// it, and shows its content where it is the ledger's. What the accounting rules say of the events, only
// `verify.py` knows in full; here their postings are added up.

import { Accounts } from "./accounts.js";
import { Hashed, isSaid } from "./hashed.js";

const FORMAT = "suite.ledger.v2";
const FINDINGS_MAX = 100;
export const LINE_LENGTH_MAX = 256 * 1024;

const ROW = new RegExp('^\\{"position":([1-9][0-9]{0,17}),"recorded_at_us":([0-9]{1,18}),"class":"(ledger|other)",'
  + '"content":"([0-9a-f]{64})"(?:,"digest":"([0-9a-f]{64})")?,"link":"([0-9a-f]{64})"'
  + '(?:,"owner":"(.{36})","id":"(.{36})","version":([1-9][0-9]{0,17}),"type":"([a-z.-]{1,100})",'
  + '(?:"data":(\\{.*\\})|"base64":"[A-Za-z0-9+/=]*"))?\\}$', "s");
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HASH = /^[0-9a-f]{64}$/;
const NO_LINK = "0".repeat(64);

/** Takes lines one after the other. What it finds are names and numbers, which the page has words for. */
export class Chain {
  findings = [];
  findingsInAll = 0;
  rows = 0;
  ledgerRows = 0;
  position = 0;
  link = NO_LINK;
  notedAt = null;
  #noted;
  #line = 0;
  #format = null;
  #footer = false;
  #isOld = false;
  #recordedAt = 0;
  #commitment = new Uint8Array(32);
  #streams = new Map();
  #accounts = new Accounts();
  #hashed = new Hashed();
  #content = new Uint8Array(32);
  #digest = new Uint8Array(32);
  #next = new Uint8Array(32);

  /** `noted` is a link of before, in digits, that must still occur; "" where nobody noted one. */
  constructor(noted = "") {
    this.#noted = noted;
    if (noted === NO_LINK) this.notedAt = 0;
  }

  /** One line: its bytes without their end, and the same with one character a byte. */
  take(bytes, text) {
    this.#line += 1;
    const shown = this.#format === FORMAT && !this.#footer ? ROW.exec(text) : null;
    try {
      if (bytes.length > LINE_LENGTH_MAX) this.#found("long");
      else if (shown) this.#row(shown, bytes);
      else this.#other(JSON.parse(text));
    } catch {
      // Whatever a line does to its reader is the line's fault.
      this.#found("format");
    }
  }

  /** What was found, once the last line was taken. */
  report() {
    const position = this.position;
    [this.position, this.#line] = [0, 0];
    if (!this.#footer) this.#found("cut");
    if (this.#noted && this.notedAt === null) this.#found("noted");
    const { findings, findingsInAll, rows, ledgerRows, link, notedAt } = this;
    return { findings, findingsInAll, rows, ledgerRows, link, notedAt, position, sums: this.#accounts.sums };
  }

  #found(code, more = {}) {
    this.findingsInAll += 1;
    if (this.findings.length < FINDINGS_MAX) this.findings.push({ code, position: this.position, line: this.#line, ...more });
  }

  #row(shown, bytes) {
    const [, place, at, kind, content, oldDigest, link, owner, id, version, type, data] = shown;
    const [position, recordedAt] = [Number(place), Number(at)];
    if (!Number.isSafeInteger(position) || !Number.isSafeInteger(recordedAt)) return this.#found("format");
    this.rows += 1;
    const expected = this.position + 1;
    this.position = position;
    if (position !== expected) this.#found("order", { expected });
    this.#hashed.begin("suite.event.v2").eight(position).eight(recordedAt).framed(kind).four(32).digits(content)
      .into(this.#digest);
    if (oldDigest !== undefined || this.#isOld) {
      if (!this.#oldLink(oldDigest, link)) return undefined;
    } else {
      if (recordedAt < this.#recordedAt) this.#found("time");
      this.#hashed.begin("suite.link.v2").digits(this.link).bytes(this.#digest).into(this.#next);
      this.#follow(link);
    }
    this.#recordedAt = recordedAt;
    if (id === undefined) return kind === "ledger" ? this.#found("withheld") : undefined;
    this.ledgerRows += 1;
    if (kind !== "ledger") this.#found("class");
    if (data === undefined) return this.#found("format");
    const event = bytes.subarray(bytes.length - 1 - data.length, bytes.length - 1);
    return this.#event({ owner, id, version: Number(version), type, event, content, oldDigest });
  }

  #event({ owner, id, version, type, event, content, oldDigest }) {
    if (!ID.test(owner) || !ID.test(id) || !Number.isSafeInteger(version)) return this.#found("format");
    const stream = this.#streams.get(id) ?? { owner, version: 0 };
    this.#streams.set(id, stream);
    if (stream.owner !== owner) return this.#found("owner");
    const framed = () => this.#hashed.eight(version).framed(type).four(event.length).bytes(event).into(this.#content);
    this.#hashed.begin("suite.content.v2").id(owner).id(id);
    if (!isSaid(framed(), content)) this.#found("digest");
    if (oldDigest !== undefined) {
      this.#hashed.begin("suite.event.v1").id(id);
      if (!isSaid(framed(), oldDigest)) this.#found("digest");
    }
    if (version !== stream.version + 1) this.#found("version", { version, expected: stream.version + 1 });
    stream.version = version;
    if (!type.startsWith("wallet.")) return undefined;
    const wrong = this.#accounts.take(owner, event);
    return wrong ? this.#found(wrong) : undefined;
  }

  // `#next` is what the link must be.
  #follow(link) {
    if (!isSaid(this.#next, link)) this.#found("chain");
    this.link = link;
    if (link === this.#noted) this.notedAt = this.position;
  }

  #oldLink(oldDigest, link) {
    if (this.rows === 1) this.#isOld = true;
    if (oldDigest === undefined || !this.#isOld) {
      this.#isOld = false;
      this.link = link;
      this.#found("mixed");
      return false;
    }
    this.#hashed.begin("suite.commitment.v2").bytes(this.#commitment).bytes(this.#digest).into(this.#commitment);
    this.#hashed.begin("suite.link.v1").digits(this.link).digits(oldDigest).into(this.#next);
    this.#follow(link);
    return true;
  }

  // The first line, the last, and the anchor behind the rows of an earlier release.
  #other(content) {
    if (this.#footer) this.#found("behind");
    else if (this.#format === null) {
      this.#format = content.format;
      if (this.#format !== FORMAT) this.#found("form");
    } else if ("rows" in content) {
      this.#footer = true;
      if (this.#isOld) this.#found("anchor");
      if (content.rows !== this.rows || content.head !== this.link) this.#found("footer");
    } else if ("anchor" in content) this.#anchored(content);
    else this.#found("format");
  }

  #anchored({ anchor, commitment, link }) {
    if (!this.#isOld || !HASH.test(commitment) || !HASH.test(link)) return this.#found("anchor");
    this.#isOld = false;
    if (anchor !== this.position || !isSaid(this.#commitment, commitment)) this.#found("anchor");
    this.#hashed.begin("suite.anchor.v2").eight(this.position).four(32).digits(this.link).four(32).bytes(this.#commitment)
      .into(this.#next);
    return this.#follow(link);
  }
}
