// Apollo Client: queries by persisted query first, as its link does; subscriptions over a socket.
import { createHash } from "node:crypto";

import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";

import { socket } from "./graphql_ws.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

export function open(studio) {
  const ws = socket(studio);
  const http = new PersistedQueryLink({ sha256 }).concat(
    new HttpLink({
      uri: studio.url,
      headers: studio.token ? { authorization: `Bearer ${studio.token}` } : {},
    }),
  );
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === "subscription",
      new GraphQLWsLink(ws),
      http,
    ),
    defaultOptions: {
      query: { errorPolicy: "all", fetchPolicy: "no-cache" },
      mutate: { errorPolicy: "all", fetchPolicy: "no-cache" },
    },
  });
  const answered = ({ data, error }) => ({
    data,
    errors: error?.errors?.map(({ message, extensions }) => ({ message, extensions })),
  });
  return {
    run: async (query, variables) =>
      answered(
        await (query.startsWith("mutation")
          ? client.mutate({ mutation: gql(query), variables })
          : client.query({ query: gql(query), variables })),
      ),
    follow(query, variables, sink) {
      client.subscribe({ query: gql(query), variables, fetchPolicy: "no-cache" }).subscribe({
        next: (result) =>
          result.error && !result.data ? sink.error(result.error) : sink.next(result),
        error: sink.error,
        complete: sink.complete,
      });
    },
    close: () => ws.dispose(),
  };
}
