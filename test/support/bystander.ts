import { FS_REPLICATE, type FsReplicate } from "../../generated/messages/fs/replicate.js";
import { GOSSIP_HEARTBEAT } from "../../generated/messages/gossip/heartbeat.js";
import { LOG_SUBSCRIBE, type LogSubscribe } from "../../generated/messages/log/subscribe.js";
import { SYNC_REQUEST, type SyncRequest } from "../../generated/messages/sync/request.js";
import type { Connection } from "../../runtime/core/connection.js";
import type { ConnectionEvent } from "../../runtime/core/connection-types.js";
import { RnpError } from "../../runtime/core/error.js";
import type { InboundMessage } from "../../runtime/core/inbound.js";
import type { MessageKey } from "../../runtime/core/message-ids.js";
import { chunk, line, SUBSCRIBE, TABLES } from "./two-nodes.js";

/** A message of ours that something is to come back for. */
export interface Call {
  readonly marker: number;
  readonly key: MessageKey;
  readonly isStream: boolean;
  /** How it ended, each time that it did; once is right. */
  readonly ends: ("settled" | "unknown" | "not-delivered" | "rejected")[];
}

const HEARTBEAT = { sequence: 1, cpu_percent: 1, ram_used_mb: 1, instances: 1 };

/** An application at one end of a connection: it does whatever it is told to, and writes down what it sees. */
export class Bystander {
  readonly calls: Call[] = [];
  /** What the peer sent and has not been settled. */
  readonly unsettled: InboundMessage[] = [];
  /** Markers of all that the peer sent, in the order in which it came. */
  readonly seen: number[] = [];
  /** The largest message that came, in bytes. */
  sizeMax = 0;
  closed: ConnectionEvent | undefined;
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  send(marker: number, size: number): void {
    this.connection.send(FS_REPLICATE, chunk(size, marker));
  }

  heartbeat(): void {
    this.connection.send(GOSSIP_HEARTBEAT, HEARTBEAT);
  }

  sendForAck(now: number, marker: number, size: number, timeoutMs: number): void {
    this.#call(marker, false, (token) =>
      this.connection.calls.sendForAck(now, FS_REPLICATE, chunk(size, marker), {
        timeoutMs,
        token,
      }),
    );
  }

  request(now: number, marker: number, timeoutMs: number): void {
    const data: SyncRequest = { digest: { [`m-${marker}`]: {} } };
    this.#call(marker, false, (token) =>
      this.connection.calls.request(now, SYNC_REQUEST, data, { timeoutMs, token }),
    );
  }

  openStream(now: number, marker: number, timeoutMs: number, credit: number): void {
    const data: LogSubscribe = { ...SUBSCRIBE, after: marker };
    this.#call(marker, true, (token) =>
      this.connection.calls.openStream(now, LOG_SUBSCRIBE, data, { timeoutMs, token }, credit),
    );
  }

  /** Gives up one of the calls, whether it has ended or not. */
  cancel(choice: number): void {
    const call = chosen(this.calls, choice);
    if (call === undefined) return;
    const wasOver = call.ends.length > 0;
    const isRevoked = this.connection.calls.cancel(call.key);
    if (!wasOver) call.ends.push(isRevoked ? "not-delivered" : "unknown");
  }

  grant(choice: number, count: number): void {
    const call = chosen(this.calls, choice);
    if (call?.isStream && call.ends.length === 0) this.connection.calls.grantItems(call.key, count);
  }

  /** Says the last word about one of the peer's messages, in one of the ways in which that can be done. */
  conclude(choice: number, way: number): void {
    const message = chosen(this.unsettled, choice);
    if (message === undefined) return;
    const { replies } = this.connection;
    const error = new RnpError("NOT_FOUND", "no");
    if (way === 0) replies.refuse(message, error);
    else if (message.type === SYNC_REQUEST) replies.answer(message, TABLES);
    else if (message.type === LOG_SUBSCRIBE) replies.end(message, way === 1 ? error : undefined);
    else replies.settle(message);
    replies.settle(message); // As a handler may that does not know what it has said.
    this.unsettled.splice(this.unsettled.indexOf(message), 1);
  }

  /** Sends items of one of the peer's streams, as many as it has given credit for and no more than `count`. */
  produce(choice: number, count: number): void {
    const streams = this.unsettled.filter(({ type }) => type === LOG_SUBSCRIBE);
    const stream = chosen(streams, choice);
    for (let left = count; left > 0 && stream !== undefined && stream.itemCredit > 0; left--) {
      this.connection.replies.item(stream, line(left, "x".repeat(200)));
    }
  }

  handle(event: ConnectionEvent): void {
    if (event.kind === "message") this.#take(event);
    else if (event.kind === "settled") (event.token as Call).ends.push("settled");
    else if (event.kind === "failed") (event.token as Call).ends.push(event.error.outcome);
    else if (event.kind === "closed") this.closed = event;
  }

  #take(message: InboundMessage): void {
    const marker = markerOf(message);
    this.sizeMax = Math.max(this.sizeMax, message.size);
    // Nobody waits for it any more; whoever has no handler for it settles it at once.
    if (marker === undefined) return this.connection.replies.settle(message);
    this.seen.push(marker);
    this.unsettled.push(message);
  }

  #call(marker: number, isStream: boolean, start: (token: object) => MessageKey): void {
    const call = { marker, isStream, ends: [], key: 0 as MessageKey };
    call.key = start(call);
    this.calls.push(call);
  }
}

/** What `marker` the sender gave a message; `undefined` for answers, items and heartbeats. */
function markerOf({ type, data }: InboundMessage): number | undefined {
  if (type === FS_REPLICATE) return (data as FsReplicate).chunk_id;
  if (type === LOG_SUBSCRIBE) return (data as LogSubscribe).after;
  if (type !== SYNC_REQUEST) return undefined;
  return Number(Object.keys((data as SyncRequest).digest ?? {})[0]?.slice(2));
}

function chosen<Thing>(things: readonly Thing[], choice: number): Thing | undefined {
  return things[choice % Math.max(1, things.length)];
}
