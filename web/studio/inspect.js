// One gallery item with everything about it, its files, and what can be done with it.

import { downloads } from "./downloads.js";
import { element } from "./element.js";
import { command, run } from "./core/client.js";
import { madeFrom } from "./made_from.js";
import { media } from "./media.js";
import { attempt } from "./notice.js";
import { publish } from "./publish.js";
import { plain, time } from "./wording.js";

/** Shows an item in `dialog`; `onChange` is called after it was changed. */
export async function inspect(dialog, id, onChange) {
  const { asset } = await run("Asset", { id });
  if (!asset) throw new Error("It is gone.");
  const change = (name, input) => () => attempt(async () => {
    await command(name, { asset: id, ...input });
    dialog.close();
    onChange();
  });
  const ending = [];
  const button = (text, kind, onclick) => element("button", { type: "button", class: kind, onclick }, text);
  dialog.replaceChildren(
    media(asset),
    element("dl", {}, Object.entries(facts(asset))
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))])),
    element("div", { class: "row" },
      ...downloads(asset),
      ...madeFrom(asset, () => dialog.close()),
      asset.source
        ? button("Show what it was made from", "quiet", () => attempt(() => inspect(dialog, asset.source.asset, onChange)))
        : null,
      button(asset.favourite ? "Remove from favourites" : "Add to favourites", "quiet",
        change("SetFavourite", { favourite: !asset.favourite })),
      asset.hidden ? button("Keep", "quiet", change("KeepAsset", {})) : null,
      button("Delete for ever", "danger", change("PurgeAsset", {})),
      button("Close", "quiet", () => dialog.close())),
    ...[publish(asset, (end) => ending.push(end))].filter(Boolean));
  // What plays goes on playing unseen otherwise.
  dialog.onclose = () => {
    dialog.replaceChildren();
    ending.forEach((end) => end());
  };
  if (!dialog.open) dialog.showModal();
}

function facts(asset) {
  return {
    Prompt: asset.prompt,
    "Negative prompt": asset.negativePrompt,
    Style: asset.style,
    Motion: asset.motion,
    Length: asset.durationMs ? `${(asset.durationMs / 1000).toLocaleString()} s` : null,
    "Aspect ratio": `${asset.aspectRatio ?? ""} (${asset.width}×${asset.height})`,
    Seed: asset.seed,
    Steps: asset.numInferenceSteps,
    Guidance: asset.guidanceScale,
    "Twin strength": asset.twin ? asset.twinStrength : null,
    "Likeness, second by second": asset.likeness.map((value) => value.toFixed(2)).join(" "),
    Engine: asset.engine,
    Rating: plain(asset.rating),
    Released: time(asset.releasedAt),
    Checks: asset.checks.map(({ check, passed }) => `${plain(check)} ${passed ? "✓" : "✗"}`).join(", "),
    "SHA-256": asset.sha256,
  };
}
