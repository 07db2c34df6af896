// The studio's own client, which knows documents by their names: the files of the page, and of what a
// browser has around them no more than they use.
import WebSocket from "ws";

const signal = new AbortController();

export async function open({ url, token }) {
  const authorization = `Bearer ${token}`;
  const at = globalThis.fetch;
  globalThis.fetch = (path, { headers, ...rest } = {}) =>
    at(new URL(path, url), { ...rest, headers: { ...headers, authorization } });
  globalThis.WebSocket = class extends WebSocket {
    constructor(address, protocol) {
      super(address, protocol, { headers: { authorization } });
      this.on("error", () => {}); // A browser says it by `onclose` alone.
    }
  };
  globalThis.location = { href: new URL("/", url).href };
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  globalThis.addEventListener = () => {};
  const { run } = await import("./studio/core/client.js");
  const { follow } = await import("./studio/core/feed.js");
  return {
    run: async (name, variables) => ({ data: { value: await run(name, variables) } }),
    follow(name, _, sink) {
      follow({ [name]: (value) => sink.next({ data: { value } }) }, signal.signal, { signedOut: sink.complete });
    },
    close: () => signal.abort(),
  };
}
