// A twin's way: release, consent, photos, training. Consent is in consent.js.

import { html, keyed } from "../core/template.js";
import { element, field, form } from "../element.js";
import { command, run } from "../core/client.js";
import { attempt, notice } from "../notice.js";
import { forgetUploads, uploadPhotos } from "../core/uploads.js";
import { state } from "../store.js";
import { refreshViewer } from "../viewer.js";
import { credits, flaw, plain, time } from "../wording.js";
import { agreement, consentStep, consentTicked } from "./consent.js";

const PHOTO_TYPES = ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", ".heic", ".heif"];

export default function twins(_, { onLeave }) {
  // Photos are judged elsewhere and have no feed of their own: look again while one waits.
  const timer = setInterval(() => {
    if (!state.viewer?.twins.edges.some(({ node }) => node.status === "PHOTOS_JUDGING")) return;
    // What could not be answered now is asked again in a moment.
    refreshViewer().catch(() => {});
  }, 1500);
  onLeave(() => clearInterval(timer));
  const added = newTwin();
  const cards = new Map();
  return () => html`
    ${(state.viewer?.twins.edges ?? []).map(({ node }) => keyed(node.id, html`${card(cards, node)}`))}
    ${added}`;
}

// The same element for as long as nothing about the twin has changed: chosen files stay chosen.
function card(cards, twin) {
  const says = JSON.stringify(twin);
  if (cards.get(twin.id)?.says !== says) cards.set(twin.id, { says, shown: twinCard(twin) });
  return cards.get(twin.id).shown;
}

function newTwin() {
  const asked = form((data) => attempt(async () => {
    const made = await command("CreateTwin", { name: data.get("name") });
    asked.reset();
    await refreshViewer(made.position);
  }),
  field("Name", element("input", { name: "name", required: true, maxLength: 80 })),
  element("div", {}, element("button", {}, "Create twin")));
  return element("section", {}, element("h2", {}, "New twin"), asked);
}

function twinCard(twin) {
  return element("section", { "aria-label": `Twin ${twin.name}` },
    element("h2", {}, twin.name),
    element("p", {}, plain(twin.status)),
    twin.trained ? element("p", { class: "faint" },
      `Likeness ${twin.trained.similarity.toFixed(2)}, checkpoint at step ${twin.trained.step}`) : null,
    ...steps(twin),
    twin.consent?.granted ? consentTicked(twin) : null);
}

function steps(twin) {
  if (!twin.biometricReleaseSigned) return [releaseStep(twin)];
  if (!twin.consent?.granted) return [consentStep(twin)];
  const step = [];
  if (twin.consent.scopes.includes("training")) step.push(...learning(twin));
  if (twin.trained) {
    step.push(element("p", {}, element("a", { href: "#/create" }, "Create pictures with this twin")));
  }
  return step;
}

/** Photos and training: nothing of this without its tick. */
function learning(twin) {
  const step = [];
  if (twin.setFlaws.length) {
    step.push(element("p", { class: "danger" }, `The set was refused: ${twin.setFlaws.map(flaw).join(", ")}.`));
  }
  const flawed = twin.photos.flatMap((photo, index) =>
    photo.flaws.length ? [`Photo ${index + 1} ${photo.flaws.map(flaw).join(", ")}.`] : []);
  if (flawed.length) {
    step.push(element("ul", {}, flawed.map((text) => element("li", { class: "danger" }, text))));
  }
  step.push(openUploads(twin));
  if (twin.status === "PHOTOS_ACCEPTED") step.push(trainingStep(twin));
  else if (twin.status !== "PHOTOS_JUDGING" && twin.status !== "TRAINING") step.push(photoStep(twin));
  return step;
}

function releaseStep(twin) {
  const { sha256, text } = state.catalogue.biometricReleaseText;
  return agreement("Biometric release", text, "I release my biometric data for this purpose", () =>
    command("SignBiometricRelease", { twin: twin.id, textSha256: sha256, locale: "en" }));
}

function photoStep(twin) {
  const { minimum, maximum } = state.catalogue.photoCount;
  const files = element("input", { type: "file", multiple: true, accept: PHOTO_TYPES.join(",") });
  const status = element("p", { role: "status", class: "faint" });
  const sets = element("div", { class: "row" });
  fetch("/samples/index.json").then((response) => (response.ok ? response.json() : { sets: [] }))
    .then(({ sets: found }) => sets.replaceChildren(...found.map((set) => element("button", {
      type: "button",
      class: "quiet",
      onclick: () => attempt(async () => {
        const photos = await Promise.all(set.photos.map(async (url) => (await fetch(url)).blob()));
        await handIn(twin, photos, status);
      }),
    }, `Use sample set ${set.name}`))));
  return element("div", {},
    element("h3", {}, `Photos: ${minimum} to ${maximum} of yourself`),
    form(() => attempt(() => handIn(twin, [...files.files], status)),
      field("JPEG, PNG, WebP or HEIC", files),
      element("div", {}, element("button", {}, "Upload and submit"))),
    element("p", { class: "faint" },
      "This studio's engine draws cartoon avatars: photographs are refused, so take a sample set."),
    sets, status);
}

// Sets that were planned, here or elsewhere, and not handed in. Only so many may be open at once.
function openUploads(twin) {
  const open = twin.openUploads;
  if (!open.length) return null;
  const last = open.map(({ until }) => until).sort().at(-1);
  return element("div", { class: "row" },
    element("p", {}, `${open.length} ${open.length === 1 ? "upload" : "uploads"} open until ${time(last)}`),
    element("button", {
      type: "button",
      class: "quiet",
      onclick: () => attempt(async () => {
        let position = null;
        for (const { submission } of open) {
          position = await forgetUploads(twin, submission) ?? position;
        }
        await refreshViewer(position);
      }),
    }, "Give up"));
}

async function handIn(twin, photos, status) {
  const engine = state.catalogue.engines[0].id;
  const report = (text) => { status.textContent = text; };
  try {
    await refreshViewer(await uploadPhotos(twin, photos, engine, report));
  } catch (error) {
    // Planned elsewhere, so this page does not show them yet. Else the chosen files stay as they are.
    if (error.code === "TOO_MANY_UPLOADS") await refreshViewer();
    throw error;
  }
}

function trainingStep(twin) {
  const engine = state.catalogue.engines[0].id;
  const price = element("span", {}, "…");
  let quoted = null;
  attempt(async () => {
    quoted = await run("Quote", { training: { twin: twin.id, engine } });
    price.textContent = credits(quoted.millicredits);
  });
  return form(() => attempt(async () => {
    const started = await command("StartTwinTraining", {
      twin: twin.id, engine, priceVersion: quoted.priceVersion,
    });
    notice("Training started. It goes on if you leave this page.");
    location.hash = "#/queue";
    await refreshViewer(started.position);
  }),
  element("h3", {}, "Train the twin"),
  element("p", {}, "Price: ", price, " credits"),
  element("div", {}, element("button", {}, "Start training")));
}
