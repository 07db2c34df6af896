// Talks GraphQL: documents by their id, refusals as exceptions. Feeds are in `feeds.js`.

import { randomUuid } from "./plain_http.js";

let manifest = null;

/** The id of a committed document. */
export async function documentId(name) {
  manifest ??= await (await fetch("/documents.json")).json();
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

/** Runs one document and answers its only root field. Throws `Refused`. */
export async function run(name, variables = {}) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json",
    },
    body: JSON.stringify({ documentId: await documentId(name), variables }),
  });
  const answer = await response.json().catch(() => null);
  if (!answer || answer.errors) {
    const trace = answer?.errors?.[0]?.extensions?.traceId;
    throw new Error(`The studio could not answer${trace ? ` (trace ${trace})` : ""}. Try again.`);
  }
  const [value] = Object.values(answer.data);
  if (value && typeof value === "object" && "code" in value && "path" in value) {
    throw new Refused(value);
  }
  return value;
}

/** Runs a command under a fresh idempotency key; a lost answer is asked for again under the same. */
export async function command(name, input) {
  const keyed = { ...input, idempotencyKey: randomUuid() };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await run(name, { input: keyed });
    } catch (error) {
      if (!(error instanceof TypeError) || attempt === 3) throw error;
      await pause(500 * 2 ** attempt);
    }
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
