import { sizeMaxOf } from "../../kinds/index.js";
import type { MessageRule } from "./rule.js";

/** By how much a message may be larger than its receiver's schema allows (SPEC.md, section 2). */
const SLACK_BYTES = 65_536;

/** A receiver judges the length before the fields, by the largest message that its own schema allows. */
export const size: MessageRule = (old, now, report) => {
  const [before, after] = [sizeMaxOf(old.body), sizeMaxOf(now.body)];
  if (Math.abs(after - before) <= SLACK_BYTES) return;
  const isGrown = after > before;
  report("", {
    rule: "size",
    effect: isGrown ? "writer" : "reader",
    breaks: true,
    text: `was at most ${before} bytes of data; is at most ${after}`,
    why: isGrown
      ? "An old peer refuses the longest of them by their length alone, and closes the connection."
      : "This version refuses the longest of old peers by their length alone, and closes the connection.",
    instead: "Give a type that grows or shrinks by more than 65,536 bytes a new name.",
  });
};
