import type { Rule } from "../rule.js";

/** Below it a busy receiver or a slow network fails requests that nothing is wrong with. */
const SHORTEST_MS = 100;
/** Above it a caller has long given up; what takes longer reports its progress as a stream. */
const LONGEST_MS = 600_000;

/** The default is what most callers use. */
export const requestTimeout: Rule = {
  id: "request-timeout",
  about: `The timeout of a request is ${SHORTEST_MS} ms to ${LONGEST_MS / 60_000} minutes; what takes longer is a stream.`,
  check({ model }, report) {
    for (const { request, source } of model.messages) {
      if (request === undefined) continue;
      const { timeoutMs } = request;
      const at = { file: source, pointer: "/x-rnp/timeout_ms" };
      if (timeoutMs < SHORTEST_MS)
        report(
          at,
          [],
          `is ${timeoutMs} ms, which a busy receiver does not keep: give it ${SHORTEST_MS} or more`,
        );
      if (timeoutMs > LONGEST_MS)
        report(at, [], `is ${timeoutMs} ms: answer with a stream that tells of progress`);
    }
  },
};
