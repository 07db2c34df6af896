// Talks GraphQL: documents by their id, refusals as exceptions, subscriptions over server-sent events.

let manifest = null;

async function documentId(name) {
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
  const keyed = { ...input, idempotencyKey: crypto.randomUUID() };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await run(name, { input: keyed });
    } catch (error) {
      if (!(error instanceof TypeError) || attempt === 3) throw error;
      await pause(500 * 2 ** attempt);
    }
  }
}

/**
 * Follows a subscription until `signal` aborts. Reconnects after a pause and resumes after the last
 * position it saw, so that nothing is missed and nothing arrives twice.
 */
export async function follow(name, onEvent, signal) {
  let position = null;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const response = await fetch("/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify({
          documentId: await documentId(name),
          variables: { after: position },
        }),
        signal,
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      for await (const data of events(response.body)) {
        const [value] = Object.values(data.data ?? {});
        if (!value) throw new Error("no data");
        // Other windows follow as much as one account may: ever more seldom, until one is closed.
        if (value.__typename === "TooManyFeeds") throw new Error(value.__typename);
        failures = 0;
        if (value.__typename === "NotSignedIn") return;
        if (value.position !== undefined) position = value.position;
        if (value.__typename === "Lagged") position = null;
        else onEvent(value);
        if (position === null) break;
      }
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
    }
    await pause(Math.min(15000, 300 * 2 ** failures) * (0.5 + Math.random()));
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      buffered += value.replaceAll("\r", "");
      let end;
      while ((end = buffered.indexOf("\n\n")) >= 0) {
        const lines = buffered.slice(0, end).split("\n");
        buffered = buffered.slice(end + 2);
        const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5));
        const text = data.join("\n").trim();
        if (lines.includes("event: complete")) return;
        if (text) yield JSON.parse(text);
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
