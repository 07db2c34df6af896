// The pages of the studio: each a module with its style sheet, loaded when it is visited. This runs by itself
// before the rest has come, and begins with what the page at this address will need.

import { askAhead } from "./core/client.js";

const VERSIONED = new URL("./", import.meta.url);
// The studio brings along what each of them needs.
const NEEDED = JSON.parse(document.getElementById("pages")?.textContent || "{}");
/** So much of a window has one picture of a gallery. */
const PICTURE_PX = 60_000;

/** A page's sign, and how its module is loaded. `for`: the role that has it. */
export const PAGES = {
  welcome: { icon: "home", load: () => import("./pages/welcome.js") },
  create: { icon: "create", load: () => import("./pages/create.js") },
  gallery: { icon: "gallery", load: () => import("./pages/gallery.js") },
  twins: { icon: "twins", load: () => import("./pages/twins.js") },
  queue: { icon: "queue", load: () => import("./pages/queue.js") },
  credits: { icon: "credits", load: () => import("./pages/credits.js") },
  settings: { icon: "settings", load: () => import("./pages/settings.js") },
  operator: { icon: "operator", for: "operator", load: () => import("./pages/operator.js") },
  auditor: { icon: "auditor", for: "auditor", load: () => import("./pages/auditor.js") },
};

/** Pages that anybody has, signed in or not. They are no place of the rail: a link leads to each. */
const ANYBODYS = { password: () => import("./pages/password.js") };

/** Whether a page of this name is shown to whoever asks for it. */
export const isAnybodys = (name) => Object.hasOwn(ANYBODYS, name);

/** The pages that this person has, in the order of the rail. */
export function placesOf(viewer) {
  return Object.keys(PAGES).filter((page) => !PAGES[page].for || PAGES[page].for === viewer?.role);
}

/** Where somebody is when the address names nothing: staff at their own page. */
export function homeOf(viewer) {
  const own = placesOf(viewer).find((page) => PAGES[page].for);
  if (own) return own;
  return viewer && viewer.verification.status === "VERIFIED" ? "create" : "welcome";
}

/**
 * Has everything that a page needs fetched at once: what imports what would be found one round trip after
 * another. What is no page's name needs nothing.
 */
export function announce(name) {
  for (const path of Object.hasOwn(NEEDED, name) ? NEEDED[name] : []) {
    const kind = path.endsWith(".css") ? { rel: "preload", as: "style" } : { rel: "modulepreload" };
    document.head.append(Object.assign(document.createElement("link"), kind, { href: new URL(path, VERSIONED).href }));
  }
  delete NEEDED[name];
}

/** The page of this name, ready to be drawn: `default(container, { onLeave })` of its module. */
export async function pageNamed(name, viewer) {
  const isOpen = isAnybodys(name);
  const known = isOpen || placesOf(viewer).includes(name);
  if (viewer) announce("");
  announce(isOpen ? name : !viewer ? "entrance" : known ? name : "not_found");
  const own = () => (known ? PAGES[name].load() : import("./pages/not_found.js"));
  const load = isOpen ? ANYBODYS[name] : viewer ? own : () => import("./pages/entrance.js");
  const [module] = await Promise.all([load(), sheet(known ? name : "not_found")]);
  return module.default;
}

// In its own time: a page that stands there before its style sheet would jump.
function sheet(name) {
  const address = new URL(`styles/pages/${name}.css`, VERSIONED).href;
  const there = [...document.styleSheets].some(({ href }) => href === address);
  if (there) return undefined;
  return new Promise((resolve) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
    // A page without its looks is better than none.
    link.onload = link.onerror = resolve;
    document.head.append(link);
  });
}

/** As many items of a gallery as come with the first answer: a window full, and some for a crooked row. */
export const galleryFirst = () => Math.min(60, Math.max(16, Math.ceil((innerWidth * innerHeight) / PICTURE_PX)));

begin();

function begin() {
  const [page, ...wishes] = location.hash.replace(/^#\/?/, "").split(/[/?]/);
  // Questions go first: on a plain line a browser has room for six at once, and files are many.
  askAhead("Catalogue");
  askAhead("Viewer", { minPosition: null });
  // Only the list as a whole. What is asked for otherwise, the page finds out by itself.
  if (page === "gallery" && !wishes.join("") && remembered("ratings.above", "blur") === "blur") {
    const whole = { filter: {}, stacked: remembered("gallery.stacks", false), minPosition: null };
    askAhead("GalleryOrder", whole);
    askAhead("GalleryTiles", { first: galleryFirst(), ...whole });
  }
  // Whoever comes to no page in particular is most often somebody who signs in.
  announce(page || "entrance");
  if (page) announce("");
}

// As `kept` keeps it, which is not there yet.
function remembered(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`suite.${name}`) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}
