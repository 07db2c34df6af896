// The words of notifications: they are read by whoever sees the screen.

import { spoken } from "../../core/spoken.js";

export const words = spoken({
  studio: "AI Content Suite",
  done: { TRAINING: "The training is done.", IMAGES: "Your pictures are done.", VIDEO: "Your clips are done.", other: "Your job is done." },
  failed: { TRAINING: "The training failed.", IMAGES: "Your pictures failed.", VIDEO: "Your clips failed.", other: "Your job failed." },
  first: "This is how you will be told.",
  request: "Tell me when it is done",
  wanted: "You will be told when it is done, while this tab stays open.",
});
