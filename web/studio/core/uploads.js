// A photo set's way into the studio: planned, uploaded, handed in; given up where that fails.

import { command, randomUuid, Unreachable } from "./client.js";
import { sha256 } from "./sha256.js";

/** So many are on their way at once: more would slow each other down. */
const AT_ONCE = 4;
const EXPIRED = 403;

/**
 * Uploads `photos` and hands them in as one set, behind those of before that are `reused` by their ids.
 * `told.planned` hears the ids under which they are judged, `told.sent` how many are there. Answers the
 * position to refresh from. A set that did not get there is given up before the error goes on: only so
 * many may be open at once, each for an hour.
 */
export async function uploadPhotos(twin, photos, engine, told = {}, reused = []) {
  const files = await Promise.all(photos.map(described));
  const key = randomUuid();
  const plan = () => command("RequestPhotoUploads", { twin: twin.id, files, reused }, key);
  const { submission, uploads } = await plan();
  told.planned?.(uploads.map(({ photo }) => photo));
  try {
    await post(uploads, photos, told.sent ?? (() => {}), plan);
    const handedIn = await command("SubmitPhotos", {
      twin: twin.id,
      submission,
      photos: [...reused, ...uploads.map(({ photo }) => photo)],
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
  await post([planned.upload], [file], () => {}, null);
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

// The form of a photo that waited long on a slow line has expired: it is asked for anew under the same key.
async function post(uploads, photos, sent, plan) {
  const ending = new AbortController();
  let done = 0;
  let next = 0;
  const one = async (index) => {
    let answer = await posted(uploads[index], photos[index], ending.signal);
    if (answer.status === EXPIRED && plan) {
      answer = await posted((await plan()).uploads[index], photos[index], ending.signal);
    }
    if (!answer.ok) throw new Error(`${photos[index].name || `Photo ${index + 1}`} was not accepted (${answer.status}).`);
    done += 1;
    sent(done);
  };
  const lane = async () => {
    while (next < uploads.length && !ending.signal.aborted) await one(next++);
  };
  const posting = Array.from({ length: Math.min(AT_ONCE, uploads.length) }, lane);
  try {
    await Promise.all(posting);
  } finally {
    // One that failed ends the others: nothing may arrive after the set was given up.
    ending.abort();
    await Promise.allSettled(posting);
  }
}

function posted({ url, fields }, photo, signal) {
  const body = new FormData();
  for (const { name, value } of fields) body.append(name, value);
  body.append("file", photo);
  return fetch(url, { method: "POST", body, signal }).catch((error) => {
    throw signal.aborted ? error : new Unreachable();
  });
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
