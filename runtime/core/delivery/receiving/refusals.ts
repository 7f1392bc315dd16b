import type { ErrorCode } from "../../../../generated/errors.js";

/** What a receiving channel knows of the messages that it refused for good, until the floor passes them. */
export class Refusals {
  /** Those of which the sender has not heard on its present connection. */
  untold: Set<number> = new Set();
  /** Why the last few were refused: senders hear it at once as a rule, and ask again only after a lost connection. */
  readonly codes: Map<number, ErrorCode> = new Map();

  note(seq: number, code: ErrorCode): void {
    this.codes.set(seq, code);
    if (this.codes.size > CODES_MAX) this.codes.delete(this.codes.keys().next().value!);
  }

  /** The sender does not send anything below `floor` again. */
  forgetBelow(floor: number): void {
    for (const seq of this.untold) if (seq < floor) this.untold.delete(seq);
    for (const seq of this.codes.keys()) if (seq < floor) this.codes.delete(seq);
  }
}

const CODES_MAX = 16;
