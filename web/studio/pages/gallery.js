// The private gallery: newest first, as far as one scrolls; one picture at a time at an address of its own.

import { go, href, route } from "../core/router.js";
import { computed, effect, signal, untracked } from "../core/signal.js";
import { html } from "../core/template.js";
import { brokenState, emptyState } from "../parts/empty_state.js";
import { icon } from "../parts/icon.js";
import { scrubber } from "../parts/scrubber.js";
import { pictureTile } from "../parts/picture_tile.js";
import { virtualGrid } from "../parts/virtual_grid.js";
import { averageColour } from "../thumbhash.js";
import { words as shared } from "../words/en.js";
import { words } from "../words/en/gallery.js";
import { arrivals } from "./gallery/arrivals.js";
import { nameCollection } from "./gallery/asked.js";
import { changes } from "./gallery/changes.js";
import { clear, filters, tabs } from "./gallery/filters.js";
import { Holdings } from "./gallery/holdings.js";
import { gridKeys } from "./gallery/keys.js";
import { largeView } from "./gallery/large_view.js";
import { loading as loadingOf } from "./gallery/loading.js";
import { notes } from "./gallery/notes.js";
import { keptPlace, placeBefore } from "./gallery/place.js";
import { Selection } from "./gallery/selection.js";
import { selectionBar } from "./gallery/selection_bar.js";
import { stacks as stacksOf } from "./gallery/stacks.js";
import { filterOf, NARROWED, wishesOf } from "./gallery/wishes.js";

/** What lies far out must not make a row of its own: very long pictures are drawn as if shorter. */
const RATIO_MIN = 0.4;
const RATIO_MAX = 3;

export default function gallery(_, { onLeave }) {
  const holdings = new Holdings();
  const loading = loadingOf(holdings);
  const asked = computed(() => JSON.stringify(wishesOf(route.value.query)));
  const wished = computed(() => JSON.parse(asked.value));
  const wishes = () => wished.value;
  const filter = () => filterOf(wishes());
  const stacks = stacksOf({ holdings, wishes, filter });
  const selection = new Selection(holdings, (id) => (stacks.isOn() ? stacks.sizeOf(holdings.get(id)) : 1));
  /** Which list this is: what stands where depends on it. */
  const list = computed(() => JSON.stringify([filter(), wishes().show, stacks.isOn()]));
  let listed = null;
  const ask = (options) => loading.begin(filter(), { stacked: stacks.isOn(), minPosition: acts.position, ...options });
  const opened = computed(() => route.value.path[0] ?? null);
  const current = signal(null);
  const isWhole = signal(false);
  const host = Object.assign(document.createElement("div"), { className: "gallery-grid" });
  const again = async () => {
    const stands = grid.place();
    if (await ask({ quietly: true }) && stands) grid.stand(stands);
  };
  const acts = changes({ holdings, filter, wishes, again, members: stacks.members, collections: () => loading.labels.value.collections });
  const addressOf = (id) => href("gallery", [id], wishes());
  const stackOf = (item) => (stacks.sizeOf(item) > 1 ? href("gallery", [], { ...wishes(), stack: item.stack }) : null);

  const tile = (id, box) => {
    void holdings.version.value;
    const item = untracked(() => holdings.get(id));
    return item && pictureTile({
      item, box, href: stackOf(item) ?? addressOf(id), size: stacks.sizeOf(item),
      isSelected: selection.has(id),
      isSelecting: selection.count.value > 0,
      isCurrent: current.value === id,
      onFocus: () => { current.value = id; },
      onPick: (event) => (event.shiftKey ? selection.range(id) : selection.toggle(id)),
    });
  };

  const grid = virtualGrid(host, {
    sections() {
      void holdings.shape.value;
      return holdings.months.map(({ month, items }) => ({
        key: month,
        title: words.month(month),
        count: items.length,
        id: (index) => items[index]?.id ?? null,
        ratio: (index) => (items[index] ? Math.min(RATIO_MAX, Math.max(RATIO_MIN, items[index].width / items[index].height)) : 1),
      }));
    },
    find: (id) => holdings.find(id),
    tile,
    dressed(node, id) {
      const { placeholder } = holdings.get(id) ?? {};
      if (placeholder) node.style.backgroundColor = averageColour(placeholder);
    },
    whole: () => { isWhole.value = true; },
    seen(from, to) {
      loading.want(from, to);
      const at = current.value && holdings.find(current.value);
      const rank = at && holdings.rank(at);
      // The tab key leads to what is there.
      if (!at || rank < holdings.rank(from) || rank > holdings.rank(to)) current.value = firstIn(from);
    },
  });
  const firstIn = ({ place, index }) => holdings.months[place]?.items[index]?.id ?? null;
  const years = Object.assign(document.createElement("nav"), { className: "scrubber", ariaLabel: words.years });
  onLeave(scrubber(years, { laid: () => grid.laid(), go: (top) => grid.scrollTo(top), called: words.toYear }));
  const place = keptPlace(grid, holdings, () => (listed === list.value ? listed : null));

  const live = arrivals({
    holdings, loading, stacks, wishes,
    isAtTop: () => grid.isAtTop(),
    held: () => opened.value,
    again,
    changed: ({ done }) => { if (done && wishes().show) again(); },
  });

  let isFirst = true;
  let [openedStack, isEntering, isInside] = [null, false, false];
  onLeave(effect(() => {
    const own = list.value;
    untracked(async () => {
      const stood = placeBefore(own);
      if (!isFirst && !stood) scrollTo({ top: 0, behavior: "instant" });
      // Into a stack its first is gone to, and out of it the tile that it was opened by.
      const to = isEntering ? () => ({ place: 0, index: 0 }) : isInside && !wishes().stack ? () => holdings.find(openedStack) : () => null;
      [isFirst, isEntering, isInside] = [false, false, Boolean(wishes().stack)];
      selection.clear();
      live.fresh.value = [];
      if (!await ask({ stood: stood?.start })) return;
      listed = own;
      if (stood) grid.stand(stood);
      const at = to();
      if (at) grid.show(at, { isFocused: true });
    });
  }));

  const open = (id) => {
    place.keep();
    const { place: stands } = history.state ?? {};
    const stack = stackOf(holdings.get(id));
    if (stack) {
      [openedStack, isEntering] = [id, true];
      go(stack).then(() => history.replaceState({ ...history.state, isOverList: true }, ""));
    } else go(addressOf(id)).then(() => history.replaceState({ ...history.state, place: stands, isOverGallery: true }, ""));
  };
  host.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a.tile-link");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.button) return;
    event.preventDefault();
    open(link.closest("li").dataset.id);
  });
  onLeave(largeView({ opened, isWhole, holdings, acts: { ...acts, ...acts.alone }, wishes, addressOf, want: loading.want, closed: (id) => {
    const at = holdings.find(id);
    if (at) grid.show(at, { isFocused: true });
  } }));
  onLeave(gridKeys({ host, grid, holdings, selection, acts, wishes, open }));
  onLeave(() => { stacks.leave(); live.leave(); place.leave(); grid.leave(); });
  history.scrollRestoration = "manual";
  onLeave(() => { history.scrollRestoration = "auto"; });

  const bar = selectionBar({ selection, holdings, loading, acts, filter, wishes });
  const letIn = () => {
    live.letIn();
    scrollTo({ top: 0, behavior: "instant" });
  };
  const make = async () => {
    const made = await nameCollection();
    if (made) go(href("gallery", [], { in: made.id }));
  };

  return () => {
    const now = wishes();
    const labels = loading.labels.value;
    const status = loading.status.value;
    const count = status === "there" ? holdings.count : null;
    const fresh = live.fresh.value.length;
    return html`
      ${tabs({ wishes: now, labels, undecided: loading.undecided.value, count, isStacked: stacks.isOn(), onMake: make })}
      ${filters({ wishes: now, labels, stacks })}
      ${notes({ wishes: now, undecided: loading.undecided.value, count, labels, acts })}
      ${status instanceof Error ? brokenState(status, () => ask({})) : null}
      ${status === "asking" && !holdings.count ? skeleton() : null}
      ${count === 0 ? nothing(now) : null}
      <div class=${status === "there" ? "" : "is-asking"}>${host}${years}</div>
      ${fresh ? html`<button type="button" class="fresh" @click=${letIn}>${icon("back")}${words.fresh(fresh)}</button>` : null}
      ${bar()}`;
  };
}

function skeleton() {
  return html`<div class="gallery-waiting" aria-busy="true"><span class="visually-hidden">${shared.loading}</span>
    ${Array.from({ length: 12 }, () => html`<span class="skeleton"></span>`)}</div>`;
}

function nothing(wishes) {
  const { empty } = words;
  const isNarrow = wishes.stack || Object.keys(NARROWED).some((name) => wishes[name]);
  if (isNarrow) {
    return emptyState("search", empty.nothing, empty.nothingText,
      html`<button type="button" @click=${() => clear(NARROWED)}>${words.filter.clear}</button>`);
  }
  if (wishes.show === "trash") return emptyState("trash", empty.trash, empty.trashText);
  if (wishes.show === "hidden") return emptyState("eye", empty.hidden, empty.hiddenText);
  return emptyState("gallery", empty.title, empty.text, html`<a class="button" href=${href("create")}>${empty.action}</a>`);
}
