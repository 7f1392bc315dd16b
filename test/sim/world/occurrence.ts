/** How a caller wants to hear of its message. */
export type Verb = "send" | "post" | "acknowledged" | "request" | "stream" | "deliver" | "keep";

/** What is promised for a message in a channel. */
export type Promised = "at-least-once" | "exactly-once-while-running" | "exactly-once";

/** Where a message stands: the same for each copy of it, until a new epoch begins. */
export interface Place {
  readonly channel: string;
  readonly epoch: number;
  readonly seq: number;
}

/** An effect that a handler has had, and the call that it is of. */
export type EffectName = readonly [call: number, effect: number];

/** What a caller learns of its message in the end. */
export type Outcome = "delivered" | "not-delivered" | "rejected" | "unknown";

/**
 * What happens in a world, as plain facts that checkers judge and a reader can follow. Each message that an
 * application sends has a `call` number of its own, which its data carries; each connection has a number.
 */
export type Occurrence =
  // Nodes.
  | {
      readonly kind: "started";
      readonly node: string;
      readonly life: number;
      readonly disk: boolean;
    }
  /** What its process tells others of itself: whether it can take what has to be durable. */
  | { readonly kind: "announced"; readonly node: string; readonly isDurable: boolean }
  | { readonly kind: "crashed"; readonly node: string; readonly life: number }
  /** It ended in good order; so many connections were not closed. */
  | { readonly kind: "left"; readonly node: string; readonly connections: number }
  | { readonly kind: "paused"; readonly node: string; readonly until: number }
  | { readonly kind: "clock"; readonly node: string; readonly jumpMs: number }
  | {
      readonly kind: "fault";
      readonly name: string;
      readonly connection?: number;
      readonly ms?: number;
    }
  | { readonly kind: "phase"; readonly name: "healed" | "closing" }
  /** All have left; `remains` counts timers and connections that are still there. */
  | { readonly kind: "over"; readonly remains: number }
  // Connections: `node` is the end that it happens at.
  | {
      readonly kind: "dialled";
      readonly connection: number;
      readonly node: string;
      readonly to: string;
    }
  | { readonly kind: "open"; readonly connection: number; readonly node: string }
  | {
      readonly kind: "closed";
      readonly connection: number;
      readonly node: string;
      readonly code: string | undefined;
      readonly reason: string | undefined;
    }
  | {
      /** A whole frame has been written, or has come, `bytes` with its header. */
      readonly kind: "frame";
      readonly connection: number;
      readonly node: string;
      readonly way: "out" | "in";
      readonly type: string;
      readonly bytes: number;
      /** A checksum of all its bytes. */
      readonly sum: number;
      /** Credit that a greeting or a `window.update` gives. */
      readonly credit?: number;
    }
  | {
      /** An `ack` has been written, or has come, for one of the peer's channels. */
      readonly kind: "ack";
      readonly connection: number;
      readonly node: string;
      readonly way: "out" | "in";
      readonly channel: string;
      readonly epoch: number;
      readonly seq: number;
      readonly beyond: readonly number[];
    }
  | {
      /** How an end of a connection says that it is doing. */
      readonly kind: "state";
      readonly connection: number;
      readonly node: string;
      readonly credit: number;
      readonly window: number;
      readonly unsettled: number;
      readonly queued: number;
      readonly inFlight: number;
    }
  | {
      readonly kind: "refused";
      readonly connection: number;
      readonly node: string;
      readonly by: string;
      readonly code: string;
    }
  // Messages of a caller.
  | {
      readonly kind: "call";
      readonly call: number;
      readonly verb: Verb;
      readonly node: string;
      readonly life: number;
      readonly to: string;
      readonly connection: number;
      /** When it has to be settled, at the latest; none for what is not awaited. */
      readonly deadline: number | undefined;
      readonly digest: string;
      /** Of one that is delivered. */
      readonly channel?: string;
      readonly promise?: Promised;
      readonly isOrdered?: boolean;
      /** Of one that a handler sends in its transaction: the effect that it is committed with. */
      readonly cause?: number | undefined;
    }
  /** It is in the outbox of its sender, durably. */
  | { readonly kind: "accepted"; readonly call: number; readonly node: string }
  | {
      /** One that is delivered leaves, on this connection, for the first time or once more. */
      readonly kind: "copy";
      readonly call: number;
      readonly node: string;
      readonly life: number;
      readonly to: string;
      readonly connection: number;
      readonly channel: string;
      readonly epoch: number;
      readonly seq: number;
      readonly floor: number;
    }
  | {
      readonly kind: "settled";
      readonly call: number;
      readonly by: "answer" | "acknowledgement" | "end" | "error" | "caller";
      readonly outcome: Outcome;
      readonly code?: string;
      /** Of the answer. */
      readonly digest?: string;
    }
  | {
      readonly kind: "item";
      readonly call: number;
      readonly index: number;
      readonly digest: string;
    }
  | {
      /** One of the outbox for which nobody waits could not be delivered, or was refused. */
      readonly kind: "undelivered";
      readonly call: number;
      readonly node: string;
      readonly code: string;
    }
  | {
      /** The sender of a channel finds that one side has forgotten what it knew of it. */
      readonly kind: "forgotten";
      readonly node: string;
      readonly peer: string;
      readonly channel: string;
      readonly by: "sender" | "receiver";
    }
  /** One that is delivered goes by its id from now on, to a peer that knows no channels. */
  | { readonly kind: "by-id"; readonly call: number }
  // The same messages where they arrive.
  | {
      readonly kind: "arrived";
      readonly call: number;
      readonly node: string;
      readonly connection: number;
      readonly bytes: number;
      readonly digest: string;
      readonly place?: Place | undefined;
    }
  | {
      /** Its handler begins. */
      readonly kind: "run";
      readonly call: number;
      readonly node: string;
      readonly connection: number;
      readonly place?: Place | undefined;
    }
  /** It waited for those before it in its channel, and will be sent again. */
  | { readonly kind: "dropped"; readonly call: number; readonly connection: number }
  | { readonly kind: "cancelled"; readonly call: number; readonly connection: number }
  | { readonly kind: "answered"; readonly call: number; readonly digest: string }
  | {
      readonly kind: "produced";
      readonly call: number;
      readonly index: number;
      readonly digest: string;
    }
  | {
      /** Its handler has nothing more to do; `well` is false where it failed. */
      readonly kind: "handled";
      readonly call: number;
      readonly connection: number;
      readonly well: boolean;
      /** Where it failed: whether it may have had an effect all the same. */
      readonly hasActed: boolean;
      /** Where it failed: whether its sender may try again. */
      readonly isFinal: boolean;
    }
  // What a node keeps on its disk.
  | {
      /** A handler's effect is on its way to the disk, and with it what the handler sends. */
      readonly kind: "effect";
      readonly call: number;
      readonly node: string;
      readonly effect: number;
    }
  | {
      readonly kind: "durable";
      readonly call: number;
      readonly node: string;
      readonly effect: number;
    }
  | { readonly kind: "disk"; readonly node: string; readonly event: string }
  | {
      /** What a process finds on the disk when it begins, and what is there in the end. */
      readonly kind: "kept";
      readonly node: string;
      readonly effects: readonly EffectName[];
      /** The calls in the outbox. */
      readonly outbox: readonly number[];
    };
