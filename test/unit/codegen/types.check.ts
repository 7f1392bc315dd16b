import type { Handlers } from "../../../generated/dispatch.js";
import { createClient, type ErrorDetails, type OneWayType } from "../../../generated/index.js";
import type { Caller } from "../../../runtime/wire/index.js";
import type { Handlers as EveryHandlers } from "../../golden/everything/generated/dispatch.js";
import { createClient as createEveryClient } from "../../golden/everything/generated/index.js";

/*
 * Not run, only compiled: wrong use of generated code has to be an error where it is written. Each
 * `@ts-expect-error` is an error itself once the line below it compiles.
 */

interface RequestOptions {
  readonly timeoutMs?: number;
}

interface SendOptions {
  readonly delivery?: "at-least-once";
}

declare const caller: Caller<RequestOptions, SendOptions>;
const client = createClient(caller);

declare function handle<Type extends keyof Handlers<{ peer: string }>>(
  type: Type,
  handler: Handlers<{ peer: string }>[Type],
): void;

export function rightHandlers(): void {
  handle("mesh.query", ({ service_name }, { peer }) => ({
    service_name: `${service_name}${peer}`,
    instances: [],
  }));
  handle("gossip.leave", () => {});
  handle("gossip.leave", async () => {});
  handle("sync.request", async () => ({ members: [], services: [], full: true }));
}

export function wrongHandlers(): void {
  // @ts-expect-error: no such message type
  handle("mesh.querry", () => ({ service_name: "a", instances: [] }));
  // @ts-expect-error: the answer lacks a field
  handle("mesh.query", () => ({ service_name: "a" }));
  // @ts-expect-error: a request has to be answered
  handle("sync.request", () => {});
  // @ts-expect-error: the connection answers pings itself
  handle("ping", () => ({ request_timestamp: 1, response_timestamp: 1 }));
  // @ts-expect-error: the connection itself handles this type
  handle("hello", () => {});
  // @ts-expect-error: an answer that never comes unasked has no handler
  handle("pong", () => {});
  // @ts-expect-error: the message has no such field
  handle("gossip.leave", (leave) => void leave.grounds);
  // @ts-expect-error: the context has no such member
  handle("gossip.leave", (_leave, context) => void context.sender);
}

export async function rightCalls(): Promise<string> {
  await client.gossip.leave({ reason: "shutdown" }, { delivery: "at-least-once" });
  const { instances } = await client.mesh.query({ service_name: "a" }, { timeoutMs: 5 });
  return instances[0]?.node ?? "";
}

export async function wrongCalls(): Promise<void> {
  // @ts-expect-error: the message has no such field
  await client.mesh.query({ service: "a" });
  // @ts-expect-error: a required field is missing
  await client.mesh.query({});
  // @ts-expect-error: a request has no such option
  await client.mesh.query({ service_name: "a" }, { delivery: "at-least-once" });
  // @ts-expect-error: no such message
  await client.mesh.find({ service_name: "a" });
  // @ts-expect-error: an answer is not sent by itself
  await client.mesh.response({ service_name: "a", instances: [] });
  // @ts-expect-error: undefined is not the same as absent
  await client.mesh.query({ service_name: "a", filters: undefined });
  // @ts-expect-error: nothing comes back
  const nothing: { reason: string } = await client.gossip.leave({ reason: "shutdown" });
  void nothing;
}

type StreamHandler = EveryHandlers<{ peer: string }>["acme.await"];

export const rightStreamHandler: StreamHandler = async function* ({ from }) {
  yield { yield: from };
};

// @ts-expect-error: a stream is no single item
export const wrongStreamHandler: StreamHandler = async ({ from }) => ({ yield: from });

// @ts-expect-error: the item has another field
export const wrongItemHandler: StreamHandler = async function* ({ from }) {
  yield { text: from };
};

// @ts-expect-error: an item has no handler
export const itemHandler: keyof EveryHandlers<unknown> = "acme.yield";

export async function streamCalls(): Promise<number> {
  const { acme } = createEveryClient(caller);
  for await (const item of acme.await({ from: 3 }, { timeoutMs: 5 })) return item.yield;
  // @ts-expect-error: a stream is iterated, not awaited
  const item: { yield: number } = await acme.await({ from: 3 });
  // @ts-expect-error: an item is not sent by itself
  await acme.yield(item);
  return item.yield;
}

export const details: ErrorDetails["VERSION_MISMATCH"] = { supported: ["1.0"], got: "2.0" };

// @ts-expect-error: the details of this error have no such field
export const wrongDetails: ErrorDetails["VERSION_MISMATCH"] = { requested_mb: 1 };

export const oneWay: OneWayType = "gossip.leave";

// @ts-expect-error: a request is answered
export const notOneWay: OneWayType = "mesh.query";
