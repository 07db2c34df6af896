// The keys of a picture that is looked at in full, and the tab key, which stays in it.

import { hotkey } from "../../core/hotkeys.js";
import { words } from "../../words/en/lightbox.js";
import { away, downloadFirst } from "./actions.js";

/** Takes the keys. Returns what gives them back. */
export function lightboxKeys(does) {
  // What is asked over it has its own.
  const isFree = () => !document.querySelector("dialog[open]");
  const isOne = () => isFree() && Boolean(does.item.value) && !does.compare.other.value;
  const isTwo = () => isFree() && Boolean(does.compare.other.value);
  // The line between two is moved by the arrows while it has the focus.
  const isLeafing = () => isFree() && !document.activeElement.matches("input[type=range]");
  const isPlain = () => isOne() && !does.item.value.hidden && !does.item.value.purgeAt;
  const leaf = (by) => () => (does.compare.other.value ? does.compare.leaf(by) : does.step(by));
  const tell = (name) => () => document.querySelector("picture-stage")?.dispatchEvent(new CustomEvent(name));
  const keys = [
    ["Escape", words.close, does.close, isFree],
    ["Escape", words.compare.end, does.compare.end, isTwo],
    ["ArrowRight", words.next, leaf(1), isLeafing],
    ["ArrowLeft", words.previous, leaf(-1), isLeafing],
    ["c", words.compare.start, () => (does.compare.other.value ? does.compare.end() : does.compare.begin()), () => isTwo() || (isPlain() && does.compare.canBegin())],
    ["f", words.star, () => does.star(!does.item.value.favourite), isPlain],
    ["i", words.info, () => { does.isInformed.value = !does.isInformed.value; }, isOne],
    ["d", words.downloadKey, () => downloadFirst(does.item.value), isPlain],
    ["Delete", words.trash, () => away(does.item.value, does), isOne],
    [" ", words.zoom, tell("space"), () => isOne() && !document.activeElement.matches("button, a, summary, input")],
    [",", words.frame.back, tell("frame-back"), isOne],
    [".", words.frame.forward, tell("frame-forward"), isOne],
  ];
  const taken = keys.map(([key, called, action, when]) => hotkey(key, called, action, when));
  return () => { for (const last of taken) last(); };
}
