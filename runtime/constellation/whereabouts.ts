import { type InstanceLocation, isRnpError } from "../index.js";

export interface WhereaboutsOptions {
  /** The node that holds the instance. */
  readonly self: string;
  /** The node that is to take it. */
  readonly to: string;
  /** For how long nothing has been heard of `to`. */
  readonly silentMs: number;
  /** How long `to` may be out of reach. */
  readonly abandonMs: number;
  /** Asks a node, or without one the controller, where the instance is. */
  readonly locate: (node?: string) => Promise<InstanceLocation>;
}

/**
 * What has become of an instance whose taker is silent:
 *
 * - `taken`: it runs there.
 * - `arriving`: it is on its way there.
 * - `missed`: the taker does not have it, or is out of reach for long and the controller has not heard of it
 *   there either.
 * - `unknown`: nobody can tell. Cut off from all others, a node cannot know what runs elsewhere.
 */
export type Whereabouts = "taken" | "arriving" | "missed" | "unknown";

export async function whereabouts(options: WhereaboutsOptions): Promise<Whereabouts> {
  const { self, to, silentMs, abandonMs, locate } = options;
  const atTaker = await answerOf(locate(to));
  if (atTaker === "absent") return "missed";
  if (atTaker !== "silent") return stateAt(to, atTaker);
  const atController = await answerOf(locate());
  if (atController === "silent") return "unknown";
  if (atController !== "absent" && atController.node !== self) return stateAt(to, atController);
  return silentMs >= abandonMs ? "missed" : "unknown";
}

function stateAt(to: string, { node, state = "running" }: InstanceLocation): Whereabouts {
  if (state === "moving") return "arriving";
  return node === to && state === "running" ? "taken" : "unknown";
}

/** `absent`: whoever was asked does not know it. `silent`: it could not be asked. */
async function answerOf(
  asking: Promise<InstanceLocation>,
): Promise<InstanceLocation | "absent" | "silent"> {
  try {
    return await asking;
  } catch (error) {
    return isRnpError(error) && error.code === "NOT_FOUND" ? "absent" : "silent";
  }
}
