import { loadPatternPeers } from "../../peers.js";
import { patternsOf } from "../pattern.js";
import { type Cost, costOf } from "../pattern-cost.js";
import type { Rule } from "../rule.js";

/** Up to here the square of the length is a fraction of a millisecond. */
const SQUARED_LENGTH_MAX = 1_024;

const TEXTS: Readonly<Record<Cost, string>> = {
  exponential: "may try exponentially many ways to match before it fails: do not nest repetitions",
  ambiguous:
    "repeats alternatives that begin alike, so that each repetition may double the tries: write what they share once, before them",
  polynomial:
    "has repetitions side by side that match the same characters, and a long text: separate them, or lower maxLength",
};

/** A peer chooses the text, so a pattern that can take long is a way to stop the receiver. */
export const patternCost: Rule = {
  id: "pattern-cost",
  about: "No text within its bounds makes a pattern take long, since a peer chooses the text.",
  async check(context, report) {
    const patterns = patternsOf(context);
    if (patterns.length === 0) return;
    const peers = await loadPatternPeers();
    for (const { place, source, lengthMax } of patterns) {
      const cost = costOf(source, peers);
      if (cost === undefined) continue;
      if (cost === "polynomial" && lengthMax <= SQUARED_LENGTH_MAX) continue;
      report(place, ["pattern"], TEXTS[cost]);
    }
  },
};
