// The words of a forgotten password.

import { spoken } from "../../core/spoken.js";

export const words = spoken({
  back: "Back to signing in",
  ask: {
    title: "Forgot your password?",
    text: "Say which address your account has. A link is sent there by which you set a new password.",
    action: "Send me a link",
  },
  sent: {
    title: "Look into your mail",
    text: (minutes) => `If there is an account with this address, a link is on its way. It works once, for ${minutes} minutes.`,
    nothing: "Nothing there after a few minutes? Look among the junk, and whether the address is right.",
    again: "Ask again",
  },
  noPost: {
    text: "This studio has no post, so it cannot send you a link. Its operator can make one for you.",
    operator: "The operator runs this at the machine, and gives you what it prints:",
    command: "suite accounts password-link you@example.org",
  },
  set: {
    title: "Set a new password",
    text: "Wherever you are signed in, that ends. What you made stays.",
    label: "New password (12 characters or more)",
    action: "Set password",
    done: "Your password is set. Sign in with it.",
    signIn: "Sign in",
    over: "If you have just set a password with this link, sign in with that.",
    askAgain: "Ask for a new link",
  },
});
