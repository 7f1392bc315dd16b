import { type Client, createClient } from "../../generated/client.js";
import { RnpError } from "../core/error.js";
import type { Caller } from "../wire/message-type.js";
import type { SendOptions } from "./call-options.js";
import type { Logger } from "./logger.js";

/** A client whose messages go to every reachable member. Requests are refused: they ask one node. */
export type Everyone = Client<never, SendOptions>;

export interface EveryoneOptions {
  reachable(): readonly string[];
  callerOf(node: string): Caller<unknown, SendOptions>;
  readonly logger: Logger;
}

/**
 * Its sends settle when each member has been tried; those that could not be told are logged, as the rest
 * of a broadcast must not depend on them.
 */
export function createEveryone({ reachable, callerOf, logger }: EveryoneOptions): Everyone {
  return createClient<never, SendOptions>({
    async request(type) {
      throw new RnpError("UNSUPPORTED", `${type.type} is a request; ask one node, not everyone`);
    },
    stream(type) {
      throw new RnpError("UNSUPPORTED", `${type.type} is a stream; ask one node, not everyone`);
    },
    async send(type, data, options) {
      const sends = reachable().map(async (node) => {
        try {
          await callerOf(node).send(type, data, options);
        } catch (error) {
          logger.debug({ node, type: type.type, error }, "a member could not be told");
        }
      });
      await Promise.all(sends);
    },
  });
}
