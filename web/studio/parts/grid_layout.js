// Where everything of a long grid stands: sections one below another, each with its heading and its rows.

import { justified, rowAt, rowOf } from "./justified.js";

const HEADING_PX = 52;
const SPACE_PX = 20;
const GAP_PX = 4;
const NARROW_PX = 600;

/** How high a row is wished to be in so much room: three in a row of a phone, large ones on a desk. */
const wishedOf = (width) => (width < NARROW_PX ? width / 3 : Math.min(280, 170 + width / 14));

/** Sections are `{ key, count, ratio(index) }`. All measures are CSS pixels from the grid's beginning. */
export class GridLayout {
  sections = [];
  width = 0;
  height = 0;

  /** Lays all out anew for this width. */
  lay(sections, width) {
    const how = { width, wished: wishedOf(width), gap: GAP_PX };
    let top = 0;
    this.width = width;
    this.sections = width > 0 ? sections.map((section) => {
      const { rows, height } = justified(section.count, section.ratio, how);
      const laid = { ...section, rows, top, height: HEADING_PX + height };
      top += laid.height + SPACE_PX;
      return laid;
    }) : [];
    this.height = Math.max(0, top - SPACE_PX);
  }

  /** The places of all items of rows that touch the range: `{ section, place, row, index }`, in order. */
  * within(from, to) {
    for (let place = 0; place < this.sections.length; place += 1) {
      const section = this.sections[place];
      if (section.top + section.height < from || section.top > to) continue;
      const inside = section.top + HEADING_PX;
      for (let at = rowAt(section.rows, from - inside); at < section.rows.length; at += 1) {
        const row = section.rows[at];
        if (inside + row.top > to) break;
        if (inside + row.top + row.height < from) continue;
        for (let n = 0; n < row.widths.length; n += 1) yield { section, place, row, index: row.first + n };
      }
    }
  }

  /** The box of an item within its section's list, and where it stands in the grid. */
  box({ place, index }) {
    const section = this.sections[place];
    const row = section?.rows[rowOf(section.rows, index)];
    if (!row) return null;
    const n = index - row.first;
    return { left: row.lefts[n], width: row.widths[n], height: row.height, inside: row.top, top: section.top + HEADING_PX + row.top };
  }

  /** The item that stands above (-1) or below (1) another, nearest to its middle; null at the end. */
  across({ place, index }, step) {
    const { section, at, middle } = this.#rowOf(place, index);
    let [to, row] = [place, at + step];
    if (!section.rows[row]) {
      to += step;
      if (!this.sections[to]) return null;
      row = step > 0 ? 0 : this.sections[to].rows.length - 1;
    }
    const { first, lefts, widths } = this.sections[to].rows[row];
    const distance = (n) => Math.abs(lefts[n] + widths[n] / 2 - middle);
    const nearest = widths.reduce((best, _, n) => (distance(n) < distance(best) ? n : best), 0);
    return { place: to, index: first + nearest };
  }

  #rowOf(place, index) {
    const section = this.sections[place];
    const at = rowOf(section.rows, index);
    const { first, lefts, widths } = section.rows[at];
    return { section, at, middle: lefts[index - first] + widths[index - first] / 2 };
  }
}
