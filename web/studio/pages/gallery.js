// The private gallery: newest first, filters, one picture with everything about it, download.

import { element, field } from "../element.js";
import { command, run } from "../graphql.js";
import { attempt } from "../notice.js";
import { listen, state } from "../state.js";
import { plain, time } from "../words.js";

export function gallery(main) {
  const grid = element("ul", { class: "grid" });
  const more = element("button", { type: "button", class: "quiet", hidden: true }, "More");
  const twin = element("select", {}, element("option", { value: "" }, "All twins"),
    state.viewer.twins.edges.map(({ node }) => element("option", { value: node.id }, node.name)));
  const text = element("input", { type: "search" });
  const favourite = element("input", { type: "checkbox" });
  const hidden = element("input", { type: "checkbox" });
  const dialog = element("dialog", { "aria-label": "Picture" });
  let cursor = null;

  const load = async (after) => {
    const { gallery: found } = await run("Gallery", {
      first: 40, after, twin: twin.value || null, text: text.value || null,
      favourite: favourite.checked ? true : null, hidden: hidden.checked,
    });
    const tiles = found.edges.map(({ node }) => tile(node, open));
    if (after === null) grid.replaceChildren(...tiles);
    else grid.append(...tiles);
    cursor = found.pageInfo.endCursor;
    more.hidden = !found.pageInfo.hasNextPage;
  };
  const reload = () => attempt(() => load(null));
  const open = (asset) => attempt(() => inspect(dialog, asset.id, reload));
  for (const control of [twin, favourite, hidden]) control.addEventListener("change", reload);
  text.addEventListener("input", reload);
  more.addEventListener("click", () => attempt(() => load(cursor)));

  main.replaceChildren(element("section", {},
    element("h2", {}, "Gallery"),
    element("div", { class: "row" },
      field("Twin", twin), field("Prompt contains", text),
      element("label", { class: "check" }, favourite, element("span", {}, "Favourites only")),
      element("label", { class: "check" }, hidden, element("span", {}, "Hidden since consent was withdrawn")))),
  grid, more, dialog);
  reload();
  return listen((changed) => { if (changed.includes("assets") && cursor !== undefined) reload(); });
}

function tile(asset, open) {
  return element("li", { class: "tile" },
    element("button", {
      type: "button",
      class: "quiet",
      "aria-label": `Open ${asset.prompt || plain(asset.kind)}`,
      onclick: () => open(asset),
    }, picture(asset, { loading: "lazy" })),
    element("small", {}, `${asset.favourite ? "★ " : ""}${asset.prompt || plain(asset.kind)}`));
}

// What is hidden is not served: it can be kept, and then seen, or deleted.
function picture(asset, more = {}) {
  const alt = asset.prompt || plain(asset.kind);
  if (asset.hidden) return element("span", {}, `Hidden: ${alt}`);
  return element("img", { src: asset.url, alt, ...more });
}

async function inspect(dialog, id, onChange) {
  const { asset } = await run("Asset", { id });
  const facts = {
    Prompt: asset.prompt,
    "Negative prompt": asset.negativePrompt,
    Style: asset.style,
    "Aspect ratio": `${asset.aspectRatio ?? ""} (${asset.width}×${asset.height})`,
    Seed: asset.seed,
    Steps: asset.numInferenceSteps,
    Guidance: asset.guidanceScale,
    "Twin strength": asset.twin ? asset.twinStrength : null,
    Engine: asset.engine,
    Rating: plain(asset.rating),
    Released: time(asset.releasedAt),
    Checks: asset.checks.map(({ check, passed }) => `${plain(check)} ${passed ? "✓" : "✗"}`).join(", "),
    "SHA-256": asset.sha256,
  };
  const change = (name, input) => () => attempt(async () => {
    await command(name, { asset: id, ...input });
    dialog.close();
    onChange();
  });
  dialog.replaceChildren(
    picture(asset),
    element("dl", {}, Object.entries(facts)
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))])),
    element("div", { class: "row" },
      asset.hidden ? null : element("button", {
        type: "button",
        onclick: () => attempt(async () => {
          const { url, fileName } = await run("RequestDownload", { input: { asset: id } });
          element("a", { href: url, download: fileName }).click();
        }),
      }, "Download"),
      element("button", {
        type: "button", class: "quiet",
        onclick: change("SetFavourite", { favourite: !asset.favourite }),
      }, asset.favourite ? "Remove from favourites" : "Add to favourites"),
      asset.hidden ? element("button", {
        type: "button", class: "quiet", onclick: change("KeepAsset", {}),
      }, "Keep") : null,
      element("button", { type: "button", class: "danger", onclick: change("PurgeAsset", {}) }, "Delete for ever"),
      element("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close")));
  dialog.showModal();
}
