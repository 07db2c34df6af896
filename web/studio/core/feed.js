// All feeds of a tab over one WebSocket (graphql-transport-ws). A browser has but a few connections for
// one studio, whatever the number of its tabs: of three streams each, two tabs would be all of them.

import { documentId } from "./client.js";

const PING_MS = 10_000;
/** Nothing heard for so long: whatever is between has dropped the line without a word. */
const SILENCE_MAX_MS = 25_000;
const WAIT_MAX_MS = 15_000;

/**
 * Follows subscriptions until `signal` aborts: `feeds` maps names of documents to what is called with
 * each event. The line is there while the tab is seen, and taken up again behind the last position of
 * each feed, so that nothing is missed and nothing arrives twice. `signedOut` is called once where the
 * session has ended elsewhere, `line` whenever the line has been lost or taken up again.
 */
export function follow(feeds, signal, { signedOut, line: told = (/** @type {boolean} */ _isThere) => {} }) {
  const state = new Map(Object.keys(feeds).map((name) => [name, { after: null, isOver: false }]));
  let socket = null;
  let failures = 0;
  let waiting = 0;
  let pinging = 0;

  const isWanted = () => !signal.aborted && document.visibilityState === "visible"
    && [...state.values()].some((feed) => !feed.isOver);

  const open = () => {
    clearTimeout(waiting);
    if (socket || !isWanted()) return;
    const address = new URL("/graphql", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const line = new WebSocket(address, "graphql-transport-ws");
    socket = line;
    let heardAt = Date.now();
    line.onopen = () => say(line, { type: "connection_init" });
    line.onmessage = ({ data }) => {
      heardAt = Date.now();
      if (line === socket) hear(line, JSON.parse(data));
    };
    line.onclose = () => line === socket && lost();
    pinging = setInterval(() => {
      if (Date.now() - heardAt > SILENCE_MAX_MS) lost();
      else if (line.readyState === WebSocket.OPEN) say(line, { type: "ping" });
    }, PING_MS);
  };

  const close = () => {
    clearInterval(pinging);
    const line = socket;
    socket = null;
    line?.close();
  };

  const lost = () => {
    close();
    if (!isWanted()) return;
    told(false);
    failures += 1;
    waiting = setTimeout(open, Math.min(WAIT_MAX_MS, 300 * 2 ** failures) * (0.5 + Math.random()));
  };

  const hear = (line, message) => {
    const name = message.id;
    switch (message.type) {
      case "connection_ack":
        told(true);
        for (const [feed, { isOver }] of state) if (!isOver) subscribe(line, feed);
        break;
      case "next":
        arrived(line, name, Object.values(message.payload.data ?? {})[0]);
        break;
      case "error":
      case "complete":
        again(line, name);
        break;
      default:
    }
  };

  const arrived = (line, name, event) => {
    const feed = state.get(name);
    if (!event) return;
    if (event.__typename === "NotSignedIn") {
      const isFirst = [...state.values()].every((one) => !one.isOver);
      feed.isOver = true;
      if (isFirst) signedOut();
      return;
    }
    if (event.__typename === "TooManyFeeds") return;
    failures = 0;
    if (event.position !== undefined) feed.after = event.position;
    if (event.__typename === "Lagged") feed.after = null;
    else feeds[name](event);
  };

  // A feed that ended alone is asked for again on the same line, ever more seldom.
  const again = (line, name) => {
    if (state.get(name).isOver) return;
    failures += 1;
    const wait = state.get(name).after === null && failures === 1
      ? 0 : Math.min(WAIT_MAX_MS, 300 * 2 ** failures) * (0.5 + Math.random());
    setTimeout(() => line === socket && !signal.aborted && subscribe(line, name), wait);
  };

  const subscribe = async (line, name) => {
    const payload = { documentId: await documentId(name), variables: { after: state.get(name).after } };
    if (line === socket && line.readyState === WebSocket.OPEN) {
      say(line, { id: name, type: "subscribe", payload });
    }
  };

  const seen = () => {
    if (document.visibilityState === "visible") {
      failures = 0;
      open();
    } else {
      clearTimeout(waiting);
      close();
    }
  };
  document.addEventListener("visibilitychange", seen, { signal });
  addEventListener("online", () => { failures = 0; open(); }, { signal });
  signal.addEventListener("abort", () => { clearTimeout(waiting); close(); });
  open();
}

const say = (line, message) => line.send(JSON.stringify(message));
