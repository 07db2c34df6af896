// The one line at the top that says what just happened.

let timer;

/** Shows a sentence for a while. */
export function notice(text) {
  const line = document.getElementById("notice");
  line.textContent = text;
  line.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { line.hidden = true; }, 8000);
}

/** Runs an action and says why if it is refused. Answers undefined then. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    notice(error.message);
    return undefined;
  }
}
