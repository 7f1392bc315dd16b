import { CommandFault } from "../command-fault.js";
import { MissingPeers } from "../peers.js";
import { SchemaProblems } from "../problem.js";

/** Whether a run came to a good end. What the user has to mend is printed; our own faults are thrown. */
export async function succeeds(step: () => Promise<boolean>): Promise<boolean> {
  try {
    return await step();
  } catch (error) {
    const isTheirs =
      error instanceof SchemaProblems ||
      error instanceof MissingPeers ||
      error instanceof CommandFault;
    if (!isTheirs) throw error;
    console.error(error.message);
    return false;
  }
}

/** `3 messages`, `1 message`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
