// The words of the settings.

import { spoken } from "../../core/spoken.js";

export const words = spoken({
  profile: "Profile",
  verified: "Identity and age",
  appearance: "Appearance",
  theme: "Colours",
  themes: { system: "As the system", light: "Light", dark: "Dark", contrast: "High contrast" },
  motion: "Motion",
  motions: { system: "As the system", less: "Less" },
  rating: {
    title: "What is shown",
    cap: "Show as it is",
    ratings: { GENERAL: "General only", SUGGESTIVE: "Up to suggestive", ADULT: "Everything" },
    above: "What is stronger is",
    aboves: { blur: "Blurred, until you show it", out: "Left out of the gallery" },
    where: "This holds in the gallery, and in this browser only. What may be made at all is decided by your consent.",
  },
  shortcuts: "Keyboard",
  letters: "Single letters are shortcuts",
  listShortcuts: "List the shortcuts",
  consent: "Consent",
  consentOf: (name) => `Consent of ${name}`,
  noTwin: "You have no twin. Consent is given when you make one, and listed here.",
  makeTwin: "Make a twin",
  version: (version) => `Text version ${version}`,
  notGiven: "Not given, or withdrawn",
  change: "Look at it, add to it or take some back",
  withdraw: "Withdraw all consent…",
  checks: {
    title: "What every picture is checked for",
    list: [
      "That it shows the person whose twin it is, and nobody else.",
      "That it stays within the rating that you chose.",
      "That it resembles no known picture that may not be spread.",
      "Then it is signed as AI-generated, and only then you see it.",
    ],
  },
});
