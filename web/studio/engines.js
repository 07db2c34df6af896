// Which engines of the catalogue can be asked for anything.

import { state } from "./store.js";

/** Whether an engine can be asked at all. */
export const isHere = (engine) => engine.lacks.length === 0;

/** The engine that trains twins here: the first that can be asked, or where none can, the first of all. */
export function trainingEngine() {
  const engines = state.catalogue.engines.filter(({ makes }) => makes.includes("TRAINING"));
  return (engines.find(isHere) ?? engines[0]).id;
}
