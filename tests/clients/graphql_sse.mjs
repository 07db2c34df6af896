// graphql-sse: everything as event streams, each on a connection of its own.
import { createClient } from "graphql-sse";

export function open({ url, token }) {
  const client = createClient({
    url,
    singleConnection: false,
    headers: token ? { authorization: `Bearer ${token}` } : {},
    retryAttempts: 20,
    retry: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
  return {
    async run(query, variables) {
      for await (const answer of client.iterate({ query, variables })) return answer;
    },
    follow(query, given, sink) {
      // Sent anew with every attempt, so a changed value is enough.
      const variables = { ...given };
      client.subscribe({ query, variables }, {
        ...sink,
        next(answer) {
          const position = Object.values(answer.data ?? {})[0]?.position;
          if (position !== undefined) variables.after = position;
          sink.next(answer);
        },
      });
    },
    close: () => client.dispose(),
  };
}
