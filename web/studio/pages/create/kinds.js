// What can be asked for: pictures and clips, and what differs between them.

import { isHere } from "../../engines.js";

/** The seed of the first item; that of item i is i more. */
export const SEED_MAX = 4_294_967_295;

/**
 * `request` is its command, `quoted` how a quote is asked for it, `job` the kind of its jobs, `scope` what
 * a twin's consent has to cover.
 * @typedef {{ name: "image" | "video", request: string, quoted: string, job: string, scope: string,
 *   offered(engine: object): boolean, counts(engine: object): number[], steps(engine: object): object,
 *   sourceStrength(engine: object): object }} Kind
 */

/** @type {Kind} */
export const IMAGE = {
  name: "image",
  request: "RequestImages",
  quoted: "images",
  job: "IMAGES",
  scope: "general-images",
  offered: ({ makes }) => makes.includes("IMAGES"),
  counts: ({ countMax }) => counts(countMax),
  steps: ({ steps }) => steps,
  sourceStrength: ({ sourceStrength }) => sourceStrength,
};

/** @type {Kind} */
export const VIDEO = {
  name: "video",
  request: "RequestVideo",
  quoted: "video",
  job: "VIDEO",
  scope: "clips",
  offered: ({ clips }) => clips !== null,
  counts: ({ clips }) => counts(clips.countMax),
  steps: ({ clips }) => clips.steps,
  sourceStrength: ({ clips }) => clips.sourceStrength,
};

/** As addresses have called them so far. */
const NAMES = { image: IMAGE, picture: IMAGE, video: VIDEO, clip: VIDEO };

/** The kind that an address or a draft names; pictures where it names none. */
export function kindNamed(name) {
  return NAMES[name] ?? IMAGE;
}

/** The engines that this kind can be asked of. */
export function usable(engines, kind) {
  return engines.filter((engine) => isHere(engine) && kind.offered(engine));
}

function counts(most) {
  const offered = [1, 2, 4, 8].filter((count) => count <= most);
  return offered.includes(most) ? offered : [...offered, most];
}
