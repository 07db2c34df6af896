// Talks GraphQL: documents by their id, refusals as exceptions. Feeds are in `feed.js`.

/** Whatever has not answered by then has been lost on the way. */
const ANSWER_MAX_MS = 15_000;
const REPEATS_MAX = 3;

/** What a window is told when the studio no longer knows who asks. */
export const SIGNED_OUT = "studio-signed-out";

// The page brings it along.
let manifest = JSON.parse(globalThis.document?.getElementById?.("documents")?.textContent || "null");

/** The id of a committed document. Throws `Unreachable`. */
export async function documentId(name) {
  manifest ??= await reached(() => fetch("/documents.json", limited())).then((response) => response.json());
  if (!(name in manifest)) throw new Error(`no document named ${name}`);
  return manifest[name];
}

/** A refusal of the domain: `code` for programs, `message` for people. */
export class Refused extends Error {
  constructor(refusal) {
    super(refusal.message);
    this.code = refusal.code;
    this.details = refusal;
  }
}

/** The studio did not answer: whether it did what was asked is not known. */
export class Unreachable extends Error {
  constructor() { super("The studio cannot be reached just now. Try again."); }
}

/** The studio answered that it could not; `trace` finds the cause in its log, or is null. */
export class Failed extends Error {
  constructor(trace) {
    super(`The studio could not answer${trace ? ` (trace ${trace})` : ""}. Try again.`);
    this.trace = trace;
  }
}

/** An answer that nobody came for by then is no longer how things are. */
const AHEAD_MAX_MS = 10_000;
const ahead = new Map();

/** Asks what will be asked by what is still on its way: whoever runs exactly this next has the answer. */
export function askAhead(name, variables = {}) {
  const key = JSON.stringify([name, variables]);
  const answer = run(name, variables);
  ahead.set(key, answer);
  const forget = () => { if (ahead.get(key) === answer) ahead.delete(key); };
  // What was refused is no answer to whoever asks later: they may have signed in.
  answer.catch(forget);
  setTimeout(forget, AHEAD_MAX_MS);
}

/** Runs one document and answers its only root field. Throws `Refused`, `Unreachable`, `Failed`. */
export async function run(name, variables = {}) {
  const asked = ahead.size ? JSON.stringify([name, variables]) : "";
  if (ahead.has(asked)) {
    const answer = ahead.get(asked);
    ahead.delete(asked);
    return answer;
  }
  const body = JSON.stringify({ documentId: await documentId(name), variables });
  const response = await reached(() => fetch("/graphql", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json",
    },
    body,
    ...limited(),
  }));
  const answer = await response.json().catch(() => null);
  // A proxy in front of a studio that is away answers in its stead.
  if (!answer && response.status >= 502) throw new Unreachable();
  if (!answer || answer.errors) throw new Failed(answer?.errors?.[0]?.extensions?.traceId ?? null);
  const [value] = Object.values(answer.data);
  if (value && typeof value === "object" && "code" in value && "path" in value) {
    if (value.code === "NOT_SIGNED_IN") globalThis.dispatchEvent?.(new Event(SIGNED_OUT));
    throw new Refused(value);
  }
  return value;
}

/**
 * One thing that somebody wants, however often they click: its command goes under one idempotency key
 * until the studio has answered for certain. Answers what runs it; after an answer, the next run is a
 * new wish.
 */
export function intention(name) {
  let key = null;
  return async (input) => {
    key ??= randomUuid();
    try {
      const answer = await command(name, input, key);
      key = null;
      return answer;
    } catch (error) {
      if (error instanceof Refused) key = null;
      throw error;
    }
  };
}

/** Runs a command under a fresh idempotency key; a lost answer is asked for again under the same. */
export async function command(name, input, key = randomUuid()) {
  const keyed = { ...input, idempotencyKey: key };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await run(name, { input: keyed });
    } catch (error) {
      if (!(error instanceof Unreachable) || attempt === REPEATS_MAX) throw error;
      await pause(500 * 2 ** attempt);
    }
  }
}

/** A random UUID, version 4; browsers have their own at https and localhost alone. */
export function randomUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map(([from, to]) => text.slice(from, to)).join("-");
}

const limited = () => (AbortSignal.timeout ? { signal: AbortSignal.timeout(ANSWER_MAX_MS) } : {});
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function reached(ask) {
  try {
    return await ask();
  } catch {
    throw new Unreachable();
  }
}
