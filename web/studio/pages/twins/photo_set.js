// The cards of a set that is being put together: files that were chosen, and photos of before that were good.

import { signal } from "../../core/signal.js";
import { cardOf } from "./photo_checks.js";
import { words as twins } from "../../words/en/twins.js";

const words = twins.photos;

/** Of the twin that `twin()` answers; `memory` knows what photos of before were. */
export function photoSet(twin, memory) {
  /** Null until somebody changes something: until then it is what the studio knows. */
  const cards = signal(/** @type {any[] | null} */ (null));
  const isChanged = signal(false);
  const change = (next) => {
    cards.value = next;
    isChanged.value = true;
  };
  const reusable = () => new Set(twin().reusablePhotos);

  const ofBefore = (photo) => {
    const { name, small, digest } = memory.of(photo);
    return { key: photo, photo, name, url: small, digest, file: null, flaw: null, note: null };
  };
  // Good ones that are not kept, as of a set that was refused as a whole, are nothing to begin with.
  const known = () => {
    const { photos, status } = twin();
    const there = reusable();
    const isShown = ({ id, verdict, flaws }) => verdict !== "WITHDRAWN" && (status === "PHOTOS_JUDGING" || flaws.length > 0 || there.has(id));
    return photos.filter(isShown).map(({ id }) => ofBefore(id));
  };
  const all = () => cards.value ?? known();
  let adding = Promise.resolve();

  return {
    all,
    /** Whether nothing was changed since it was sent. */
    isAsSent: () => !isChanged.value,
    wasSent() { isChanged.value = false; },
    /** Whether a card need not be sent: it was found good, and is there. */
    isThere: (card) => reusable().has(card.photo),
    /** What was found of one, in words; null where nothing is wrong. `judged` is the studio's verdict. */
    flawOf(card, judged, isJudging, said) {
      if (card.flaw) return card.flaw;
      if (judged?.flaws.length) return said(judged.flaws);
      return !card.file && !isJudging && !reusable().has(card.photo) ? words.gone : null;
    },
    /** Photos of before that could be in it and are not. */
    offered() {
      const there = new Set(all().map(({ photo }) => photo));
      return twin().reusablePhotos.filter((photo) => !there.has(photo)).map(ofBefore);
    },
    use(offered) { change([...all(), ...offered]); },
    /** One after the other: the same file twice at once is told, too. */
    add(files) {
      adding = adding.then(async () => {
        for (const file of files) {
          const card = await cardOf(file, all());
          change([...all(), card]);
        }
      });
      return adding;
    },
    drop(card) {
      release(card);
      change(all().filter((one) => one.key !== card.key));
    },
    async replace(card, file) {
      if (!file) return;
      const next = await cardOf(file, all().filter((one) => one.key !== card.key));
      release(card);
      change(all().map((one) => (one.key === card.key ? next : one)));
    },
    leave() { for (const card of cards.value ?? []) release(card); },
  };
}

function release(card) {
  if (card.file && card.url) URL.revokeObjectURL(card.url);
}
