// urql without a socket: it takes both JSON and event streams, and the server chooses.
import { Client, fetchExchange } from "@urql/core";

export function open(studio) {
  const client = new Client({
    url: studio.url,
    exchanges: [fetchExchange],
    fetchOptions: studio.token ? { headers: { authorization: `Bearer ${studio.token}` } } : {},
    fetchSubscriptions: true,
    preferGetMethod: false,
  });
  const answered = ({ data, error }) => ({
    data,
    errors: error?.graphQLErrors.map(({ message, extensions }) => ({ message, extensions })),
  });
  return {
    run: async (query, variables) =>
      answered(
        await (query.startsWith("mutation")
          ? client.mutation(query, variables)
          : client.query(query, variables)
        ).toPromise(),
      ),
    // urql takes the end of a stream for the end of its subscription: begin again, where it was.
    follow(query, given, sink) {
      const variables = { ...given };
      let last = null;
      const begin = () =>
        client.subscription(query, { ...variables }).subscribe((result) => {
          // At the end urql says its last result once more.
          const ends = result.hasNext === false && result.data === last;
          const value = Object.values(result.data ?? {})[0];
          if (!ends) sink.next(answered(result));
          else if (value?.__typename === "NotSignedIn") sink.complete();
          else if (!result.error) setTimeout(begin, 100);
          if (value?.position !== undefined) variables.after = value.position;
          last = result.data;
        });
      begin();
    },
    close: () => {},
  };
}
