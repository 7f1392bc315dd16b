import type { Message } from "../../model.js";
import type { MessageRule } from "./rule.js";

/** What a message is answered by is part of what it is. */
export const reply: MessageRule = (old, now, report) => {
  const [before, after] = [replyWords(old), replyWords(now)];
  if (before !== after) {
    report("/x-rnp", {
      rule: "reply",
      effect: "semantics",
      breaks: true,
      text: `was ${before}; is ${after}`,
      why: "Whoever asks waits for what does not come, or gets what nobody waits for; programs no longer compile.",
      instead: "Add a message type that is answered so.",
    });
    return;
  }
  if (old.request === undefined || now.request === undefined) return;
  if (JSON.stringify(old.request.match) !== JSON.stringify(now.request.match)) {
    report("/x-rnp/match", {
      rule: "match",
      effect: "semantics",
      breaks: true,
      text: "pairs request and answer by other fields",
      why: "Answers of peers that do not know reply_to are paired by these fields alone.",
      instead: "Keep the fields.",
    });
  }
};

/** The default changes for callers that say nothing; both values are right. */
export const timeout: MessageRule = (old, now, report) => {
  const [before, after] = [old.request?.timeoutMs, now.request?.timeoutMs];
  if (before === undefined || after === undefined || before === after) return;
  report("/x-rnp/timeout_ms", {
    rule: "timeout",
    effect: "semantics",
    breaks: false,
    text: `was ${before} ms; is ${after} ms`,
    why: `Callers that say nothing wait ${after < before ? "less long" : "longer"} than before.`,
    instead: "See that handlers keep to it.",
  });
};

/** An answer that may come unasked has handlers; one that may not has none. */
export const standalone: MessageRule = (old, now, report) => {
  if (old.isHandled === now.isHandled || old.layer !== now.layer) return;
  report("/x-rnp/standalone", {
    rule: "standalone",
    effect: now.isHandled ? "writer" : "reader",
    breaks: true,
    text: now.isHandled ? "may come unasked now" : "may no longer come unasked",
    why: now.isHandled
      ? "An old peer drops it where it did not ask."
      : "An old peer may send it unasked, and this version drops it.",
    instead: "Add a message type for what nobody asked for.",
  });
};

function replyWords({ request, stream }: Message): string {
  if (request !== undefined) return `answered by ${request.answer}`;
  return stream === undefined ? "not answered" : `answered by a stream of ${stream}`;
}
