// The keys of a picture that is looked at in full, and the tab key, which stays in it.

import { hotkey } from "../../core/hotkeys.js";
import { words } from "../../words/en/lightbox.js";
import { away, downloadFirst } from "./actions.js";

/** Takes the keys. Returns what gives them back. */
export function lightboxKeys(does) {
  // What is asked over it has its own.
  const isFree = () => !document.querySelector("dialog[open]");
  const isPlain = () => isFree() && does.item.value && !does.item.value.hidden && !does.item.value.purgeAt;
  const tell = (name) => () => document.querySelector("picture-stage")?.dispatchEvent(new CustomEvent(name));
  const keys = [
    ["Escape", words.close, does.close, isFree],
    ["ArrowRight", words.next, () => does.step(1), isFree],
    ["ArrowLeft", words.previous, () => does.step(-1), isFree],
    ["f", words.star, () => does.star(!does.item.value.favourite), isPlain],
    ["i", words.info, () => { does.isInformed.value = !does.isInformed.value; }, isFree],
    ["d", words.downloadKey, () => downloadFirst(does.item.value), isPlain],
    ["Delete", words.trash, () => away(does.item.value, does), () => isFree() && Boolean(does.item.value)],
    [" ", words.zoom, tell("space"), () => isFree() && !document.activeElement.matches("button, a, summary, input")],
    [",", words.frame.back, tell("frame-back"), isFree],
    [".", words.frame.forward, tell("frame-forward"), isFree],
  ];
  const taken = keys.map(([key, called, action, when]) => hotkey(key, called, action, when));
  return () => { for (const last of taken) last(); };
}
