import type { MessageRule } from "./rule.js";

const STRENGTH = ["at-most-once", "at-least-once", "exactly-once"];

/** What was promised of a message is what programs on both sides were written for. */
export const delivery: MessageRule = (old, now, report) => {
  if (old.delivery === now.delivery) return;
  const isWeaker = STRENGTH.indexOf(now.delivery) < STRENGTH.indexOf(old.delivery);
  report("/x-rnp/delivery", {
    rule: "delivery",
    effect: "semantics",
    breaks: true,
    text: `was ${old.delivery}; is ${now.delivery}`,
    why: isWeaker
      ? "Senders rely on an acknowledgement that no longer comes."
      : "Handlers may see copies that they were not written for, and senders wait where they did not.",
    instead: "Ask for another delivery call by call, or add a message type.",
  });
};
