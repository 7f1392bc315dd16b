import { RnpError } from "../core/error.js";
import { type Patience, within } from "../net/patience.js";
import type { MemberFeed } from "./member-feed.js";
import type { Member } from "./member-list.js";

/**
 * The id of a controller that is not dead: at once where one is known, else as soon as one appears.
 *
 * @throws RnpError `TIMEOUT`, `CANCELLED`, or `UNAVAILABLE` when the node closes meanwhile
 */
export async function awaitController(
  members: () => readonly Member[],
  feed: MemberFeed,
  patience: Patience,
): Promise<string> {
  const changes = feed.listen();
  const appear = async () => {
    for await (const { member } of changes) if (isServing(member)) return member.node;
    throw new RnpError("UNAVAILABLE", "the node was closed");
  };
  try {
    const known = members().find(isServing);
    return known?.node ?? (await within(appear(), "waiting for a controller", patience));
  } finally {
    void changes.return?.();
  }
}

function isServing({ role, state }: Member): boolean {
  return role === "controller" && (state === "alive" || state === "suspect");
}
