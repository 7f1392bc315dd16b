import type { MessageRule } from "./rule.js";

/** Receivers judge the roles of both sides, by the schema that they have. */
export const direction: MessageRule = (old, now, report) => {
  for (const side of ["from", "to"] as const) {
    const gone = old[side].filter((role) => !now[side].includes(role));
    const come = now[side].filter((role) => !old[side].includes(role));
    const verb = side === "from" ? "send" : "receive";
    if (gone.length > 0) {
      report(`/x-rnp/${side}`, {
        rule: "direction",
        effect: "reader",
        breaks: true,
        text: `no longer has ${gone.join(" and ")}`,
        why: `An old ${gone.join(" or ")} may still ${verb} it, and this version refuses that with UNAUTHORIZED.`,
        instead: "Keep the role, and let the handler refuse it.",
      });
    }
    if (come.length > 0) {
      report(`/x-rnp/${side}`, {
        rule: "direction",
        effect: "writer",
        breaks: true,
        text: `has ${come.join(" and ")} now`,
        why: `Where a ${come.join(" or ")} is to ${verb} it, an old peer refuses that with UNAUTHORIZED.`,
        instead: "Add a message type for the new direction.",
      });
    }
  }
};
