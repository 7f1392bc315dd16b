import type { Role } from "../wire/message-type.js";

/*
 * The tables of cases in `test/vectors`, as `schema/meta/conformance.schema.json` describes them. Values are JSON; a
 * map whose first key begins with `$` stands for what JSON cannot say (`values.ts`).
 */

/** Which tables there are: what a peer must serve, and what it must refuse. */
export const KINDS = ["legal", "illegal"] as const;
export type Kind = (typeof KINDS)[number];

/** Cases about one thing. */
export interface Table {
  readonly group: string;
  readonly description: string;
  readonly cases: readonly Case[];
}

/** One scripted exchange with a peer, and what must come of it. */
export interface Case {
  readonly id: string;
  readonly title: string;
  /** Sections of `schema/SPEC.md` that say so. */
  readonly spec: readonly number[];
  /** What is driven: the peer as a server that we dial (the default), or as a client that dials us. */
  readonly side?: "server" | "client";
  /** Where the connection is when the last step is made. In all but `greeting` both have greeted before the first. */
  readonly state: "greeting" | "open" | "stream" | "leaving";
  /** Capabilities that have to be in force; we name them and no others. */
  readonly needs?: readonly string[];
  /** Further fields of our `hello` or `hello_ack`. */
  readonly greeting?: Json;
  /** The case holds only between such roles. */
  readonly roles?: { readonly driver?: Role; readonly peer?: Role };
  /** What the application at the peer has to do on the connection, where the peer is the client. */
  readonly asks?: Ask;
  readonly steps: readonly Step[];
  /** Any of these will do. */
  readonly expect: readonly Expectation[];
  /** A peer may leave undone what the case is about: where it does otherwise, the case does not count. */
  readonly optional?: true;
}

/** A case that knows whose it is. */
export interface GroupedCase extends Case {
  readonly kind: Kind;
  readonly group: string;
}

export type Ask = "ping" | "sync.request" | "metric.subscribe" | "fs.write" | "goodbye";

export type Json = Readonly<Record<string, unknown>>;

export type Step =
  /** Several frames leave in one write. */
  | { readonly send: Frame | readonly Frame[] }
  /** Waits for a message like one of these, and remembers it under a name. */
  | { readonly hear: Pattern | readonly Pattern[]; readonly as?: string }
  /** Ends our half of the connection. */
  | { readonly end: true };

/** Bytes in hexadecimal, or a piece of them many times over. */
export type Hex = string | { readonly hex: string; readonly times: number };

/** What one frame holds; what is not said is as it should be. */
export interface Frame {
  /** The envelope. Where `id`, `timestamp`, `sender` or `data` are not given, they are filled in. */
  readonly message?: Json;
  /** Fields of the envelope that are left out. */
  readonly omit?: readonly string[];
  /** In place of `message`. */
  readonly payload?: Hex | readonly Hex[];
  /** In place of all, the header included. */
  readonly bytes?: Hex | readonly Hex[];
  readonly magic?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly length?: number;
  readonly flags?: number;
  /** The payload is compressed, and its size or its block may be another than it should be. */
  readonly compress?: { readonly size?: number; readonly block?: Hex | readonly Hex[] };
  /** Only so many bytes of it are sent. */
  readonly keep?: number;
  /** It is sent in pieces of so many bytes, each in a write of its own. */
  readonly split?: number;
  /** How often it is sent, in one write. */
  readonly times?: number | Json;
}

/** A message is like it where it has all that the pattern has. */
export interface Pattern {
  readonly type: string;
  readonly reply_to?: unknown;
  readonly data?: unknown;
  /** The case does not count where the peer says this. */
  readonly skip?: true;
}

/** What must come of an exchange; without `error`, `may` and `closes`: nothing at all. */
export interface Expectation {
  /** The code of the one `error` that comes. */
  readonly error?: string;
  /** What the error is about. Default: the connection, so that it has no `reply_to`. */
  readonly about?: "connection" | "message";
  /** The message that it is about, as `{"$id": name}`. Default: the last that was sent. */
  readonly reply_to?: unknown;
  /** Facts that its details have. */
  readonly details?: Json;
  /** Codes of errors about messages that may come beside it. */
  readonly may?: readonly string[];
  /** Whether the peer ends the connection. Otherwise it must still answer a `ping` on it. */
  readonly closes?: boolean;
  /** Types that must not come, but for those that a step has waited for. */
  readonly never?: readonly string[];
  /** What the application at the peer is told, where that asked: `answer`, or the code of an error. */
  readonly caller?: string;
}
