import type { MessageRule } from "./rule.js";

/** Credit is counted by both sides, and by the same rule. */
export const credit: MessageRule = (old, now, report) => {
  if (old.isControl === now.isControl || old.layer !== now.layer) return;
  report("/x-rnp/control", {
    rule: "credit",
    effect: "wire",
    breaks: true,
    text: now.isControl ? "needs no credit any more" : "needs credit now",
    why: "The two sides count its bytes differently, and the connection ends with FLOW_CONTROL_ERROR.",
    instead: "Add a message type.",
  });
};

/** The connection handles a message itself, or programs do. */
export const layer: MessageRule = (old, now, report) => {
  if (old.layer === now.layer) return;
  report("/x-rnp/layer", {
    rule: "layer",
    effect: "wire",
    breaks: true,
    text: `was ${old.layer}; is ${now.layer}`,
    why: "One side takes it for its own affair, the other hands it to a program.",
    instead: "Add a message type.",
  });
};

/** Both sides know by the schema whether a message waits for those before it. */
export const order: MessageRule = (old, now, report) => {
  if (old.isOrdered === now.isOrdered) return;
  report("/x-rnp/ordered", {
    rule: "order",
    effect: "semantics",
    breaks: true,
    text: now.isOrdered ? "waits for those before it now" : "waits no longer for those before it",
    why: now.isOrdered
      ? "Old peers send it in any order, and this version drops what comes too early."
      : "Handlers may run side by side that never did.",
    instead: "Add a message type.",
  });
};

/** Any connection takes any message; which one is the sender's choice. */
export const pool: MessageRule = (old, now, report) => {
  if (old.pool === now.pool) return;
  report("/x-rnp/pool", {
    rule: "pool",
    effect: "semantics",
    breaks: false,
    text: `was ${old.pool}; is ${now.pool}`,
    why: "It travels with other messages than before, so its order among them changes.",
    instead: "See that nothing relies on that order.",
  });
};
