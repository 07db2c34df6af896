// What is in view comes first: what lies around it waits until the pictures in view are there, or somebody scrolls.

/**
 * Watches the pictures in `host`. `whole()` is told once. Answers `{ isWhole(), look(), leave() }`: `look` is
 * called when something was drawn, which need not have pictures in it.
 */
export function firstView(host, whole) {
  let [isWhole, isSoon] = [false, false];
  const ready = () => {
    if (isWhole) return;
    isWhole = true;
    leave();
    whole();
  };
  const look = () => {
    if (isWhole || isSoon || !host.querySelector("[data-id]")) return;
    isSoon = [...host.querySelectorAll("img")].every((picture) => picture.complete);
    // They are painted before anything else is begun.
    if (isSoon) requestAnimationFrame(() => setTimeout(ready));
  };
  // Neither comes up to whoever holds a picture, but both can be heard on their way down.
  const heard = ["load", "error"];
  for (const name of heard) host.addEventListener(name, look, true);
  addEventListener("scroll", ready, { passive: true });
  function leave() {
    isWhole = true;
    for (const name of heard) host.removeEventListener(name, look, true);
    removeEventListener("scroll", ready);
  }
  return { isWhole: () => isWhole, look, leave };
}
