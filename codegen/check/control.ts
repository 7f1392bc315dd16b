import { sizeMaxOf } from "../kinds/index.js";
import type { Model } from "../model.js";
import type { Problem } from "../problem.js";
import type { Draft, Drafts, Refuse } from "./drafts.js";

/**
 * The most bytes that the data of a control message of the application layer may take. Credit does not bound
 * these while they wait for a handler, so their number and this size do: 1,024 of them are 16 MiB, as much
 * as the largest window.
 */
export const CONTROL_SIZE_MAX = 16_384;

/** What needs no credit: only what nobody waits for, since a receiver with too many of them drops some. */
export function checkControl(draft: Draft, drafts: Drafts, refuse: Refuse): void {
  const { rnp, type } = draft;
  if (rnp.control === undefined) return;
  const refuseControl = (text: string) => refuse(draft, ["x-rnp", "control"], text);
  if (rnp.layer === "connection") {
    refuseControl("all of the connection layer needs no credit: leave it out");
  }
  if (rnp.answer !== undefined || rnp.stream !== undefined) {
    refuseControl("a control message may be dropped, and a request is waited for: leave it out");
  }
  if (rnp.delivery !== "at-most-once") {
    const text = 'a control message may be dropped: say "at-most-once", or leave "control" out';
    refuse(draft, ["x-rnp", "delivery"], text);
  }
  const asker = [...drafts.values()].find(
    (other) => other.rnp.answer === type || other.rnp.stream === type,
  );
  if (asker !== undefined) {
    refuseControl(`a control message may be dropped, and ${asker.type} waits for it: leave it out`);
  }
}

/** Control messages that could take too much memory. What the connection layer gets, it does not keep. */
export function checkControlSizes({ messages }: Model): readonly Problem[] {
  const bounded = messages.filter(({ isControl, layer }) => isControl && layer === "application");
  return bounded.flatMap(({ body, source }) => {
    const size = sizeMaxOf(body);
    if (size <= CONTROL_SIZE_MAX) return [];
    const text = `may take ${size} bytes, and a control message ${CONTROL_SIZE_MAX} at most: bound its fields more closely, or leave it out`;
    return [{ file: source, place: "/x-rnp/control", text }];
  });
}
