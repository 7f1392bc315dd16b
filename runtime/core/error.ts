import { ERRORS, type ErrorCode, type ErrorDetails } from "../../generated/errors.js";
import { WireFault } from "../wire/fault.js";

/**
 * What became of the message that an error is about.
 *
 * - `not-delivered`: no handler has seen it and none will; sending it again is safe.
 * - `rejected`: the peer received it and refused it.
 * - `unknown`: it may or may not have been handled.
 */
export type Outcome = "not-delivered" | "rejected" | "unknown";

export interface RnpErrorOptions<Code extends ErrorCode> {
  /** Facts for programs; each code has its own shape (`schema/errors/`). */
  readonly details?: ErrorDetails[Code];
  /** Default `not-delivered`: an error made locally, before anything was sent. */
  readonly outcome?: Outcome;
  /** The node that the error came from or is about. */
  readonly peer?: string;
  /** The peer's advice: do not try again earlier than this. */
  readonly retryAfterMs?: number;
  /** The code as the peer sent it, where this version does not know it. */
  readonly peerCode?: string;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("rads.rnp.error");

/**
 * The one error class of this package. `code` is stable and tells what happened; `outcome` tells whether
 * the message may have had an effect; the text says what was expected, what came and what to do.
 */
export class RnpError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "RnpError";
  readonly code: Code;
  /** The number of `code` in the specification's table. */
  readonly number: number;
  /** Whether the same message may succeed when it is sent again. */
  readonly retryable: boolean;
  readonly details: ErrorDetails[Code] | undefined;
  readonly outcome: Outcome;
  readonly peer: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly peerCode: string | undefined;
  readonly [BRAND] = true;

  constructor(code: Code, message: string, options: RnpErrorOptions<Code> = {}) {
    super(
      `[${code}] ${message}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.number = ERRORS[code].number;
    this.retryable = ERRORS[code].retryable;
    this.details = options.details;
    this.outcome = options.outcome ?? "not-delivered";
    this.peer = options.peer;
    this.retryAfterMs = options.retryAfterMs;
    this.peerCode = options.peerCode;
  }

  /** The text without its `[CODE]` prefix, as it is sent to a peer. */
  get reason(): string {
    return this.message.slice(this.code.length + 3);
  }

  /** The same error with a fact that was not known where it was made. */
  with(facts: Pick<RnpErrorOptions<Code>, "outcome" | "peer">): RnpError<Code> {
    const { details, outcome, peer, retryAfterMs, peerCode, cause } = this;
    const known = { details, outcome, peer, retryAfterMs, peerCode, cause, ...facts };
    const present = Object.entries(known).filter(([, value]) => value !== undefined);
    return new RnpError(this.code, this.reason, Object.fromEntries(present));
  }
}

/** Whether `value` is an `RnpError`, also one from another copy of this package. */
export function isRnpError(value: unknown): value is RnpError {
  return typeof value === "object" && value !== null && BRAND in value;
}

/**
 * Turns anything that was thrown into an `RnpError`. What is not ours becomes `INTERNAL_ERROR` with a
 * fixed text: the text of a foreign error can hold paths and secrets, so it stays in `cause`.
 */
export function toRnpError(thrown: unknown): RnpError {
  if (isRnpError(thrown)) return thrown;
  if (thrown instanceof WireFault) return fromWireFault(thrown);
  return new RnpError("INTERNAL_ERROR", "the handler failed; its node's log has the reason", {
    cause: thrown,
    outcome: "unknown",
  });
}

function fromWireFault(fault: WireFault): RnpError {
  const code = isErrorCode(fault.code) ? fault.code : "PROTOCOL_ERROR";
  return new RnpError(code, fault.message, { details: fault.details, cause: fault });
}

/** Whether an error of a peer with this code leaves open what happened: the handler had begun, and may have acted. */
export function leavesOpen(code: ErrorCode): boolean {
  return MAY_HAVE_ACTED.has(code);
}

const MAY_HAVE_ACTED: ReadonlySet<ErrorCode> = new Set(["INTERNAL_ERROR", "TIMEOUT", "CANCELLED"]);

/** Whether this version knows the error code `name`. */
export function isErrorCode(name: string): name is ErrorCode {
  return Object.hasOwn(ERRORS, name);
}
