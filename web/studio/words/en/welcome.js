// The words of the way in.

import { spoken } from "../../core/spoken.js";

export const words = spoken({
  hero: "Pictures and clips of yourself, made from your own photos.",
  promise: "Only you: the studio trains on photos of verified adults who photograph themselves, keeps everything private, and deletes it when you say so.",
  examples: "Drawn here",
  madeByAi: "AI-generated",
  tabs: { signIn: "I have an account", signUp: "I am new here" },
  password: "Password",
  newPassword: "Password (12 characters or more)",
  signUp: "Create account",
  steps: {
    title: "Your first picture",
    called: "What there is to do",
    verify: "Verify that you are an adult",
    twin: "Make a twin and give your consent",
    photos: "Add photos of yourself and train",
    credits: "Get credits",
    picture: "Make your first picture",
  },
  actions: { twin: "Make a twin", photos: "Go on with your twin", credits: "Get credits", picture: "Create" },
  done: "You are all set. What shall it be today?",
  verification: {
    title: "Identity and age",
    none: "A provider checks your document and that you are an adult. The studio learns the outcome, never the document.",
    start: "Verify now",
    pending: "The check has begun. The provider's page has what is left to do.",
    checking: "Checking… This page goes on by itself.",
    begun: (when) => `Begun ${when}.`,
    tries: (count) => (count === 1 ? "One more try is left." : `${count} more tries are left.`),
    noTries: "No try is left. Write to the operator of this studio.",
    goOn: "Continue at the provider",
    look: "Look again",
    verified: (until) => `Verified until ${until}`,
    sandbox: "This studio's check is a sandbox: it lets cartoons be drawn, nothing else.",
    reasons: {
      DECLINED: "The provider could not confirm your identity. Check that the photo of your document is sharp and complete, then try again.",
      UNDER_AGE: "The studio is for adults only, and the provider has found that you are not one yet. There is no further try.",
      RESUBMISSION: "The provider asks for another picture of your document: the last one could not be read.",
      EXPIRED: "The check was not finished in time. Begin it again; it takes a few minutes.",
      UNKNOWN: "The check came to nothing, without a reason. Try again.",
    },
    expired: "Your verification has run out. Renew it to go on creating.",
    again: "Try again",
    support: "If you think that this is wrong, write to the operator of this studio.",
  },
});
