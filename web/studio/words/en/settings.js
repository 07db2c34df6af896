// The words of the settings.

import { spoken } from "../../core/spoken.js";

export const words = spoken({
  profile: "Profile",
  appearance: "Appearance",
  theme: "Colours",
  themes: { system: "As the system", light: "Light", dark: "Dark", contrast: "High contrast" },
});
