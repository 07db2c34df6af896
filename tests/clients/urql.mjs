// urql: queries and mutations by fetch, subscriptions over a socket.
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";

import { socket } from "./graphql_ws.mjs";

const answered = ({ data, error }) => ({
  data,
  errors: error?.graphQLErrors.map(({ message, extensions }) => ({ message, extensions })),
});

export function open(studio) {
  const ws = socket(studio);
  const client = new Client({
    url: studio.url,
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({ unsubscribe: ws.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
    fetchOptions: studio.token ? { headers: { authorization: `Bearer ${studio.token}` } } : {},
    preferGetMethod: false,
  });
  return {
    run: async (query, variables) =>
      answered(
        await (query.startsWith("mutation")
          ? client.mutation(query, variables)
          : client.query(query, variables)
        ).toPromise(),
      ),
    follow(query, variables, sink) {
      let last = null;
      client.subscription(query, variables).subscribe((result) => {
        // At the end urql says its last result once more.
        if (result.hasNext === false && result.data === last) sink.complete();
        else if (result.error?.networkError) sink.error(result.error.networkError);
        else sink.next(answered(result));
        last = result.data;
      });
    },
    close: () => ws.dispose(),
  };
}
