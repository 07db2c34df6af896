// The way in: an account for whoever has none, and what is left to do for whoever has one.

import { state } from "../store.js";
import { entrance } from "./welcome/entrance.js";
import { steps } from "./welcome/steps.js";

export default function welcome(_, scope) {
  return state.viewer ? steps(scope) : entrance(scope);
}
