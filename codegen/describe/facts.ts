import type { MessageDescription } from "./message.js";
import { grouped } from "./words.js";

/** How a message travels, as pairs of a name and words. */
export function messageFacts(message: MessageDescription): readonly (readonly [string, string])[] {
  const { from, to, delivery, isControl, isOrdered, answer, stream, answers, sizeMax } = message;
  const order = delivery !== "at-most-once" && !isOrdered ? ", in any order" : "";
  const keys = Object.entries(answer?.match ?? {}).map(([one, other]) => `${one} = ${other}`);
  const paired = keys.length === 0 ? "reply_to" : `reply_to or ${keys.join(", ")}`;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["direction", `${from.join(" or ")} to ${to.join(" or ")}`],
    ["delivery", `${delivery}${order}${isControl ? ", needs no credit" : ""}`],
    ["answered by", answer && `${answer.type}, paired by ${paired}`],
    ["timeout", answer && `${grouped(answer.timeoutMs)} ms`],
    ["answered by", stream && `a stream of ${stream}`],
    ["answers", answers.length > 0 ? answers.join(", ") : undefined],
    ["pool", message.layer === "connection" ? "its connection" : message.pool],
    ["how often", message.frequency],
    ["size", `at most ${grouped(sizeMax)} bytes of data`],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
