// A photo set's way into the studio: planned, uploaded, handed in; given up where that fails.

import { command } from "./client.js";
import { sha256 } from "./sha256.js";

/**
 * Uploads `photos` and hands them in as one set. `report` is told how far it came. Answers the
 * position to refresh from. A set that did not get there is given up before the error goes on: only
 * so many may be open at once, and each would stay so for an hour.
 */
export async function uploadPhotos(twin, photos, engine, report) {
  const files = await Promise.all(photos.map(described));
  const { submission, uploads } = await command("RequestPhotoUploads", { twin: twin.id, files });
  try {
    await post(uploads, photos, report);
    const handedIn = await command("SubmitPhotos", {
      twin: twin.id,
      submission,
      photos: uploads.map(({ photo }) => photo),
      engine,
    });
    return handedIn.position;
  } catch (error) {
    // What went wrong first is what a person has to hear of.
    await forgetUploads(twin, submission).catch(() => {});
    throw error;
  }
}

/**
 * Uploads one photo to begin with, which shows this twin or nobody, and has it judged. Answers its id:
 * what came of it the gallery's feed says.
 */
export async function uploadSourcePhoto(twin, file, engine) {
  const planned = await command("RequestSourcePhotoUpload", {
    twin, engine, file: await described(file),
  });
  await post([planned.upload], [file], () => {});
  await command("SubmitSourcePhoto", { photo: planned.photo });
  return planned.photo;
}

/**
 * Gives a planned set up: what was uploaded of it is deleted. Answers the position, or null for a set
 * that is over already: it is what was wanted.
 */
export async function forgetUploads(twin, submission) {
  try {
    return (await command("ForgetPhotoUploads", { twin: twin.id, submission })).position;
  } catch (error) {
    if (error.code !== "UPLOADS_NOT_PLANNED") throw error;
    return null;
  }
}

async function post(uploads, photos, report) {
  const ending = new AbortController();
  let done = 0;
  const posting = uploads.map(async ({ url, fields }, index) => {
    const body = new FormData();
    for (const { name, value } of fields) body.append(name, value);
    body.append("file", photos[index]);
    const response = await fetch(url, { method: "POST", body, signal: ending.signal });
    if (!response.ok) throw new Error(`Photo ${index + 1} was not accepted (${response.status}).`);
    done += 1;
    report(`Uploaded ${done} of ${photos.length}`);
  });
  try {
    await Promise.all(posting);
  } finally {
    // One that failed ends the others: nothing may arrive after the set was given up.
    ending.abort();
    await Promise.allSettled(posting);
  }
}

async function described(file) {
  return {
    sizeBytes: file.size,
    mediaType: mediaType(file),
    sha256: await sha256(await file.arrayBuffer()),
  };
}

/** Browsers that cannot show HEIC do not name its type either. */
function mediaType(photo) {
  return photo.type || (/\.hei[cf]$/i.test(photo.name) ? "image/heic" : "");
}
