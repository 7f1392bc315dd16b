/**
 * A fault in the bytes that a peer sent, or in the ones that we were about to send.
 *
 * `code` is the name of an error in `schema/errors/`; `wire` knows no generated code, so it is a
 * plain string here and the layers above look up what it means (number, retryable, does it close).
 */
export class WireFault extends Error {
  override readonly name = "WireFault";
  /** Name of the error code, for example `PROTOCOL_ERROR`. */
  readonly code: string;
  /** What the receiver of the error may work with; small, and safe to log and to send back. */
  readonly details: Record<string, unknown>;

  constructor(
    code: string,
    message: string,
    details: Record<string, unknown> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** The usual fault: `where` had to be `expected` and was `got`. All three are for people. */
export function protocolFault(where: string, expected: string, got: string): WireFault {
  const message = `${where}: expected ${expected}, got ${got}`;
  return new WireFault("PROTOCOL_ERROR", message, { expected, got });
}
