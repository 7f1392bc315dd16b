import type { MessageRule } from "./rule.js";

/** The title names what programs import. */
export const title: MessageRule = (old, now, report) => {
  if (old.names.type === now.names.type) return;
  report("/title", {
    rule: "title",
    effect: "source",
    breaks: true,
    text: `was ${old.names.type}; is ${now.names.type}`,
    why: "Programs that import the type no longer compile.",
    instead: "Keep the title.",
  });
};
