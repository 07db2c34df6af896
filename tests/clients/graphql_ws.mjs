// graphql-ws: everything over one socket.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { resuming } from "./resuming.mjs";

// Browsers and newer releases of Node have it, and Apollo's link counts on that.
globalThis.WebSocket ??= WebSocket;

export function socket({ url, token }, options = {}) {
  return resuming(
    createClient({
      url: url.replace(/^http/, "ws"),
      webSocketImpl: WebSocket,
      connectionParams: token ? { token } : {},
      retryAttempts: 20,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
      // 4403 is retried by default, in case the token of `connectionParams` is a fresh one by then.
      shouldRetry: (event) => event.code !== 4403,
      ...options,
    }),
  );
}

export function open(studio) {
  const client = socket(studio);
  return {
    async run(query, variables) {
      for await (const answer of client.iterate({ query, variables })) return answer;
    },
    follow(query, variables, sink) {
      client.subscribe({ query, variables }, sink);
    },
    close: () => client.dispose(),
  };
}
