import { CHANNEL_FAULTS } from "./channel-faults.js";
import { DURABLE_FAULTS } from "./durable-faults.js";
import { BREAKS, PLANTED } from "./faults.js";

/** A fault, and the rule that has to find it where it is not any. */
export interface Fault {
  readonly breaks?: string | undefined;
  plant(): () => void;
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  ...Object.fromEntries(
    Object.entries(PLANTED).map(([name, plant]) => [name, { plant, breaks: BREAKS[name] }]),
  ),
  ...CHANNEL_FAULTS,
  ...DURABLE_FAULTS,
};
