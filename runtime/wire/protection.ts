import { authenticationAt, isAuthentic, putAuthentication } from "./authentication.js";
import { WireFault } from "./fault.js";
import type { DirectionKeys } from "./live-secret.js";
import type { PackWriter } from "./pack-writer.js";
import { seal, unseal } from "./sealing.js";

/** How the frames of one connection leave: authenticated, and sealed where that was agreed. Counts them all. */
export class OutgoingProtection {
  /** Whether payloads are sealed. */
  seals = false;
  #keys: DirectionKeys;
  #counter = 0;

  constructor(keys: DirectionKeys) {
    this.#keys = keys;
  }

  /** Goes on with other keys; the count goes on as it is. */
  rekey(keys: DirectionKeys, seals: boolean): void {
    this.#keys = keys;
    this.seals = seals;
  }

  authenticate(writer: PackWriter, from: number): void {
    putAuthentication(writer, from, this.#keys.hmac, this.#counter);
  }

  seal(flags: number, pieces: readonly Uint8Array[]): Buffer {
    return seal(this.#keys.seal, this.#counter, flags, pieces);
  }

  /** The frame is complete. */
  advance(): void {
    this.#counter += 1;
  }
}

/** A secret that the peer may have used, and the keys that it would then have. */
export interface CandidateKeys {
  readonly secret: string;
  readonly keys: DirectionKeys;
}

/**
 * Judges the frames that come on one connection. Until the peer has proven one of several secrets any of them may be
 * its own; after that it is the one. Nothing of a payload is decoded before it has passed.
 */
export class IncomingProtection {
  /** Whether payloads have to be sealed. */
  seals = false;
  /** Whether a payload without authentication is let through: only while greeting somebody who may know none. */
  isLenient: boolean;
  /** The id of the secret that the peer has proven. */
  provenSecret: string | undefined;
  #candidates: readonly CandidateKeys[];
  #counter = 0;

  constructor(candidates: readonly CandidateKeys[], isLenient: boolean) {
    this.#candidates = candidates;
    this.isLenient = isLenient;
  }

  /** Goes on with other keys; the count goes on as it is. */
  rekey(candidate: CandidateKeys, seals: boolean): void {
    this.#candidates = [candidate];
    this.seals = seals;
    this.isLenient = false;
  }

  /** @throws WireFault as `unseal` of `sealing.ts` does */
  unseal(flags: number, payload: Uint8Array): Uint8Array {
    return unseal(this.#candidates[0]!.keys.seal, this.#counter, flags, payload);
  }

  /**
   * Judges the payload that is in `bytes` from `from` to `to`, and takes its authentication off: what is left ends at
   * the offset that is returned, as if it had never been there.
   *
   * @throws WireFault `AUTH_FAILED`
   */
  open(bytes: Uint8Array, from: number, to: number): number {
    const at = authenticationAt(bytes, from, to);
    if (at === undefined && !this.isLenient) throw failed("carries no authentication");
    if (at !== undefined) this.#prove(bytes, from, at);
    this.#counter += 1;
    return at === undefined ? to : withoutEntry(bytes, from, at, to);
  }

  #prove(bytes: Uint8Array, from: number, at: number): void {
    const proven = this.#candidates.find(({ keys }) =>
      isAuthentic(bytes, from, at, keys.hmac, this.#counter),
    );
    if (proven === undefined) throw failed("is not authentic");
    this.#candidates = [proven];
    this.provenSecret = proven.secret;
  }
}

/** A map whose head is longer keeps the entry: the envelope allows fields that are not known. */
function withoutEntry(bytes: Uint8Array, from: number, at: number, to: number): number {
  const head = bytes[from]!;
  if (head <= FIXED_MAP || head > FIXED_MAP + FIXED_MAP_COUNT_MAX) return to;
  bytes[from] = head - 1;
  return at;
}

const FIXED_MAP = 0x80;
const FIXED_MAP_COUNT_MAX = 15;

function failed(how: string): WireFault {
  const text = `a frame ${how}; give both sides the same secrets of the cluster`;
  return new WireFault("AUTH_FAILED", text, { stage: "message" });
}
