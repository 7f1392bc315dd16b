import { LatencyHistogram, MESSAGES } from "../../index.js";
import type { MessageType } from "../../wire/message-type.js";
import type { Stats } from "./ipc.js";

/** One message type over all members. */
export interface TypeTraffic {
  readonly type: string;
  readonly sent: number;
  readonly received: number;
  /**
   * The round trip of requests and acknowledged messages; of others the age on arrival, in whole ms.
   * `undefined` before the first.
   */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/**
 * The types that need not occur while all is well: nobody is suspected or searched for, and `error` says no more
 * than that a node does not hold a file, where there are more nodes than replicas.
 */
const UNWANTED_TYPES: ReadonlySet<string> = new Set([
  "error",
  "gossip.probe",
  "gossip.probe_result",
  "gossip.suspect",
]);

/** With one node, an instance has nowhere to move to. */
const MOVE_TYPES: ReadonlySet<string> = new Set([
  "instance.chunk",
  "instance.handover",
  "instance.move",
  "instance.moving",
  "instance.progress",
  "instance.transfer",
]);

/** Adds up what each member has counted, one row for every type of the protocol. */
export function sumTraffic(members: Iterable<Stats>): TypeTraffic[] {
  const all = [...members];
  return [...MESSAGES.values()].map((type) => sumOfType(type, all));
}

/** The types that should have been received among so many nodes and a controller, and were not. */
export function missingTypes(traffic: readonly TypeTraffic[], nodeCount: number): string[] {
  const isWanted = (type: string) =>
    !UNWANTED_TYPES.has(type) && (nodeCount > 1 || !MOVE_TYPES.has(type));
  return traffic
    .filter(({ type, received }) => received === 0 && isWanted(type))
    .map(({ type }) => type);
}

function sumOfType(messageType: MessageType, members: readonly Stats[]): TypeTraffic {
  const { type } = messageType;
  const roundTrips = new LatencyHistogram();
  const ages = new LatencyHistogram();
  let sent = 0;
  let received = 0;
  for (const stats of members) {
    const report = stats[type];
    if (report === undefined) continue;
    sent += report.sent;
    received += report.received;
    // A member that only received such messages measured something else than who sent them.
    const isRoundTrip = hasRoundTrip(messageType) && report.sent > 0;
    (isRoundTrip ? roundTrips : ages).add(report.latency);
  }
  const quantileMs = (quantile: number) => {
    if (roundTrips.count > 0) return roundTrips.quantileMs(quantile);
    const ageMs = ages.quantileMs(quantile);
    return ageMs === undefined ? undefined : Math.round(ageMs);
  };
  return { type, sent, received, p50Ms: quantileMs(0.5), p99Ms: quantileMs(0.99) };
}

function hasRoundTrip({ answer, delivery }: MessageType): boolean {
  return answer !== undefined || delivery !== "at-most-once";
}
