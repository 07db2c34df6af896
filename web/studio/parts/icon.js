// The signs of the studio, drawn with one line each.

import { html } from "../core/template.js";

const LINES = {
  home: "M3 11 12 4l9 7v9h-6v-6H9v6H3z",
  create: "M12 3l1.8 5.2L19 10l-5.2 1.8L12 17l-1.8-5.2L5 10l5.2-1.8zM19 16l.9 2.1L22 19l-2.1.9L19 22l-.9-2.1L16 19l2.1-.9z",
  gallery: "M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 6M15.5 9.5h.01",
  twins: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.6-3.6 3.2-5.6 6.5-5.6s5.900 2 6.500 5.600M16 4.300a3.500 3.500 0 0 1 0 6.500M18 14.800c2 .8 3.200 2.600 3.500 5.200",
  queue: "M4 6h16M4 12h16M4 18h10",
  credits: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM15 9.200c-.6-.9-1.700-1.400-3-1.400-1.700 0-3 .8-3 2.100 0 3 6 1.300 6 4.300 0 1.300-1.300 2.100-3 2.100-1.400 0-2.600-.6-3.100-1.600M12 6v12",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  operator: "M3 12h4l3-7.500 4 15 3-7.500h4",
  auditor: "M12 3l8 3v6c0 4.500-3.200 7.700-8 9-4.800-1.300-8-4.500-8-9V6zM8.500 12l2.500 2.500 4.500-5",
  more: "M5 11.500v1M12 11.500v1M19 11.500v1",
  close: "M6 6l12 12M18 6 6 18",
  star: "M12 3.500l2.600 5.400 5.900.8-4.300 4.100 1 5.900-5.200-2.800-5.200 2.800 1-5.900-4.300-4.100 5.900-.8z",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7.500h.01",
  back: "M15 5l-7 7 7 7",
  forward: "M9 5l7 7-7 7",
  search: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500 21 21",
  check: "M5 12.500l4.500 4.500L19 7.500",
  plus: "M12 5v14M5 12h14",
  play: "M7 4.500v15l12-7.500z",
  video: "M3 6h12v12H3zM15 10.500l6-3.500v10l-6-3.500",
  dice: "M4 4h16v16H4zM8.500 8.500h.01M15.500 15.500h.01M12 12h.01M15.500 8.500h.01M8.500 15.500h.01",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  collection: "M3 7h7l2 2h9v10H3z",
  layers: "M12 4l9 5-9 5-9-5zM4 13.500l8 4.500 8-4.500",
  compare: "M3 5h18v14H3zM12 3v18M5.500 12h3.500M15 12h3.500",
  eye: "M2 12s3.600-6.500 10-6.500S22 12 22 12s-3.600 6.500-10 6.500S2 12 2 12zM12 9.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600z",
  warning: "M12 4 2.500 20h19zM12 10v4.500M12 17.500h.01",
  refresh: "M20 12a8 8 0 1 1-2.500-5.800M20 3v4h-4",
  history: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.500 2.500",
  upload: "M12 16V5M7 9l5-5 5 5M4 20h16",
  camera: "M4 8h4l1.500-2.500h5L16 8h4v11H4zM12 10.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
};

/** The sign of this name; what it means stands beside it, or in the label of what it lies in. */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${LINES[name]}></path></svg>`;
}
