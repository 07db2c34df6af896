// A graphql-ws client whose subscriptions go on where they were: what comes back after a restart
// asks for what lies behind the last position it saw.

/** Wraps a client of graphql-ws. Every document that subscribes has to declare `$after: Position`. */
export function resuming(client) {
  return {
    ...client,
    subscribe(payload, sink) {
      // Sent anew with every attempt, so a changed value is enough.
      const variables = { ...payload.variables };
      return client.subscribe({ ...payload, variables }, {
        ...sink,
        next(answer) {
          const position = Object.values(answer.data ?? {})[0]?.position;
          if (position !== undefined) variables.after = position;
          sink.next(answer);
        },
      });
    },
  };
}
