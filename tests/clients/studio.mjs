// The studio's own client, which knows documents by their names.
const signal = new AbortController();

export async function open({ url, token }) {
  const at = globalThis.fetch;
  globalThis.fetch = (path, { headers, ...rest } = {}) =>
    at(new URL(path, url), { ...rest, headers: { ...headers, authorization: `Bearer ${token}` } });
  const { follow, run } = await import("./graphql_of_the_studio.mjs");
  return {
    run: async (name, variables) => ({ data: { value: await run(name, variables) } }),
    follow(name, _, sink) {
      follow(name, (value) => sink.next({ data: { value } }), signal.signal).then(sink.complete);
    },
    close: () => signal.abort(),
  };
}
