// The words of the shell and of all that several pages say. What one page alone says lies in `words/en/`.

import { spoken } from "../core/spoken.js";
import { credits } from "../wording.js";

const KINDS = { TRAINING: "Training", IMAGES: "Your pictures", VIDEO: "Your clips" };

export const words = spoken({
  studio: "AI Content Suite",
  skip: "Skip to content",
  navigation: "Studio",
  more: "More",
  pages: {
    welcome: "Home",
    create: "Create",
    gallery: "Gallery",
    twins: "Twins",
    queue: "Queue",
    credits: "Credits",
    settings: "Settings",
    password: "New password",
    operator: "Operator",
    auditor: "Auditor",
  },
  balance: {
    available: (millicredits) => `${credits(millicredits)} credits`,
    reserved: (millicredits) => `${credits(millicredits)} held`,
    called: "Credits: open the statement",
    low: "Low: less than your last job cost",
  },
  queue: {
    running: (count) => `${count} running`,
    waiting: (count) => `${count} waiting`,
    idle: "Nothing running",
  },
  line: {
    live: "Connected",
    lost: "Reconnecting",
    offline: (at) => `Offline: as of ${at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}. What you write stays here.`,
  },
  away: {
    title: "The studio cannot be reached",
    text: "This page keeps trying and goes on by itself.",
    again: "Try now",
    meanwhile: (completed, failed) => `While you were away: ${[completed ? `${completed} done` : "", failed ? `${failed} failed` : ""].filter(Boolean).join(", ")}.`,
  },
  session: {
    ended: "Your session has ended",
    text: "Sign in again: what you wrote on this page is still here.",
    leave: "Leave instead",
  },
  notFound: { title: "There is no such page", text: "The address may be old.", back: "To your studio" },
  account: { signOut: "Sign out", email: "E-mail address", password: "Password", reveal: "Show what I type", conceal: "Hide what I type", forgot: "Forgot password", signIn: "Sign in" },
  jobs: {
    done: (kind) => `${KINDS[kind] ?? "Your job"}: done.`,
    failed: (kind, released) => `${KINDS[kind] ?? "Your job"} failed. ${credits(released)} credits returned.`,
    see: "Look",
  },
  shortcuts: {
    title: "Keyboard shortcuts",
    list: "List the shortcuts",
    goTo: (page) => `Go to ${page}`,
    letters: "Single letters are shortcuts",
  },
  dialog: { close: "Close", cancel: "Cancel" },
  dismiss: "Dismiss",
  again: "Try again",
  copyTrace: "Copy the trace id",
  loading: "Loading",
});
