/**
 * What the core takes from outside instead of reading it itself: wall-clock time and randomness. A test
 * or a simulator gives its own and the core becomes a pure function of its inputs.
 *
 * The `now` arguments of the core are something else: milliseconds on a clock that never goes back.
 */
export interface Host {
  /** Unix time in ms, for the `timestamp` that peers see. May jump. */
  unixTimeMs(): number;
  /** A new lower-case UUID, version 4: the seed of a connection's message ids. */
  newMessageId(): string;
  /** 16 random bytes as 32 hex digits, new for each connection. */
  newNonce(): string;
}
