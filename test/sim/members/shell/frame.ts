import type {
  MemberMessage,
  ProbeData,
  ProbeResultData,
  SyncRequestData,
  SyncResponseData,
} from "../../../../runtime/core/membership/contract.js";

/** What goes over a connection, as an object; `id` joins an answer to its question. */
export type Frame =
  | MemberMessage
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "pong"; readonly id: number }
  | { readonly kind: "probe"; readonly id: number; readonly data: ProbeData }
  | { readonly kind: "probe-result"; readonly id: number; readonly data: ProbeResultData }
  | { readonly kind: "sync"; readonly id: number; readonly data: SyncRequestData }
  | { readonly kind: "sync-response"; readonly id: number; readonly data: SyncResponseData };

/** Frames that ask for an answer. */
export type Question = Extract<Frame, { kind: "ping" | "probe" | "sync" }>;
