import type { Message, Property } from "../../model.js";
import type { Rule } from "../rule.js";

/** The key pairs request and answer for peers that do not know `reply_to`. */
export const naturalKey: Rule = {
  id: "natural-key",
  about: "A request whose answer repeats one of its required fields names that field in match.",
  check({ model }, report) {
    for (const { request, body, source } of model.messages) {
      if (request === undefined || request.match.length > 0) continue;
      const answer = model.messages.find(({ type }) => type === request.answer);
      const shared = body.properties.find((property) => isKey(property, answer));
      if (shared === undefined) continue;
      const { name } = shared;
      const text = `is empty, though ${request.answer} has ${name} too: say {"${name}": "${name}"} if it is the same value`;
      report({ file: source, pointer: "/x-rnp/match" }, [], text);
    }
  },
};

function isKey({ name, isRequired, field }: Property, answer: Message | undefined): boolean {
  const isIdentifier = field.kind === "string" || field.kind === "integer";
  const other = answer?.body.properties.find((property) => property.name === name);
  return (
    isRequired && isIdentifier && other?.isRequired === true && other.field.kind === field.kind
  );
}
