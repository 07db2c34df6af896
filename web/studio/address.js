// The page that the address names, and what it says besides: `#create?kind=clip&source=…`.

/** The page's name, and its wishes. */
export function address() {
  const [page, wishes = ""] = location.hash.slice(1).split("?", 2);
  return { page, wishes: new URLSearchParams(wishes) };
}

/** Goes to a page with wishes. */
export function goTo(page, wishes = {}) {
  const said = new URLSearchParams(wishes).toString();
  location.hash = said ? `${page}?${said}` : page;
}
