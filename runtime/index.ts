export * from "../generated/index.js";
export type { KeyRange, KeyReader } from "./core/delivery/keeping/key-reader.js";
export type { Undelivered } from "./core/delivery/keeping/outbox.js";
export type {
  ChannelKey,
  ChannelRecord,
  DeliveryStore,
  Effect,
  OutboxEntry,
  OutboxKey,
  StoreBatch,
  StoreContent,
  StoreIdentity,
} from "./core/delivery/keeping/store.js";
export { isRnpError, type Outcome, RnpError, type RnpErrorOptions } from "./core/error.js";
export type { PeerIdentity } from "./core/identity.js";
export { LatencyHistogram } from "./core/latency-histogram.js";
export type { ChangeKind } from "./core/membership/coalesce.js";
export type { DisseminationName } from "./core/membership/contract.js";
export type { MemberState } from "./core/membership/news.js";
export {
  type MembershipTiming,
  scaledTiming,
  suspicionMs,
  TIMINGS,
  type TimingName,
} from "./core/membership/timing.js";
export type { ConnectionReport } from "./net/link-types.js";
export type { Stalls } from "./net/outflow.js";
export type { RefusalKind } from "./net/refusals.js";
export type { Resolve } from "./net/resolve.js";
export { openStore } from "./net/stores/open-store.js";
export type { ApplicationStore } from "./node/application-store.js";
export type { Authorize } from "./node/authorization.js";
export type { RequestOptions, SendOptions } from "./node/call-options.js";
export type { DeliveryPromise } from "./node/delivery-promise.js";
export type { HandlerContext } from "./node/handler-context.js";
export type { HandlerOptions, NodeHandlers } from "./node/handlers.js";
export type { IdentityConflict } from "./node/identity-conflict.js";
export type {
  CallKind,
  IncomingCall,
  IncomingFacts,
  Interceptor,
  Interceptors,
  Next,
  OutgoingCall,
  OutgoingFacts,
} from "./node/interceptors.js";
export type { NodeLimits } from "./node/limits.js";
export { type Liveness, type LivenessNumbers, timingOf } from "./node/liveness.js";
export { type Logger, SILENT } from "./node/logger.js";
export type { MemberChange } from "./node/member-feed.js";
export type { Member } from "./node/member-list.js";
export type { IntegrityOptions, LoadReport, NetworkOptions, NodeOptions } from "./node/options.js";
export type { Peer } from "./node/peer.js";
export type { KeptSendOptions } from "./node/planned-send.js";
export type { CloseOptions, RnpNode, WaitOptions } from "./node/rnp-node.js";
export type { ServiceEntry } from "./node/service-table.js";
export type { TypeReport } from "./node/traffic-report.js";
export type {
  JsonValue,
  StoredEntry,
  StoredValue,
  StoreReader,
  Transaction,
} from "./node/transaction.js";
export { createNode } from "./node.js";
