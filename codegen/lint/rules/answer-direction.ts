import { schemaAt, textsAt } from "../../schema.js";
import { messageFiles } from "../message-files.js";
import type { Rule } from "../rule.js";

const SIDES = [
  ["from", "to", "asked"],
  ["to", "from", "asking"],
] as const;

/** A role that may send an answer but never gets the request is a mistake in one of the two files. */
export const answerDirection: Rule = {
  id: "answer-direction",
  about:
    "An answer or item travels only between roles that ask and are asked, unless it stands alone.",
  check(context, report) {
    const { messages } = context.model;
    for (const place of messageFiles(context)) {
      const type = messages.find(({ source }) => source === place.file)?.type;
      const askers = messages.filter(({ request, stream }) => type === (request?.answer ?? stream));
      const rnp = schemaAt(place.schema, "x-rnp");
      if (askers.length === 0 || rnp.standalone === true) continue;
      for (const [side, askerSide, word] of SIDES) {
        const needed = new Set(askers.flatMap((asker) => asker[askerSide]));
        const extra = textsAt(rnp, side).filter((role) => !needed.has(role));
        if (extra.length === 0) continue;
        const names = askers.map((asker) => asker.type).join(", ");
        report(
          place,
          ["x-rnp", side],
          `has ${extra.join(" and ")}, which is never ${word} by ${names}: leave it out`,
        );
      }
    }
  },
};
