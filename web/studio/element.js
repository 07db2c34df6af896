// Builds elements from data. Text is only ever set as text, so nothing a person wrote becomes markup.

/** @returns {any} `<tag>` with properties and children; strings become text nodes. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name in made && name !== "list" && name !== "form") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** A labelled form control. */
export function field(text, control) {
  return element("label", {}, element("span", {}, text), control);
}

/** A form whose submission runs `action(data)` once at a time. */
export function form(action, ...children) {
  const made = element("form", {}, ...children);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? made.querySelector("button");
    if (button) button.disabled = true;
    try {
      await action(new FormData(made));
    } finally {
      if (button) button.disabled = false;
    }
  });
  return made;
}
