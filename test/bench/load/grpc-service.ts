import type { ServiceDefinition } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import type { GossipHeartbeat, Ping, Pong } from "../../../runtime/index.js";

/*
 * The same messages for gRPC. Encoding and decoding is what protobufjs makes for each type, without the
 * conversions that `@grpc/proto-loader` would add. Integers beyond 32 bits are doubles, as 64-bit integers
 * are slower there.
 */

const { root } = protobuf.parse(
  `syntax = "proto3";
  message Heartbeat { double sequence = 1; double cpu_percent = 2; uint32 ram_used_mb = 3; uint32 instances = 4; }
  message Ping { double timestamp = 1; }
  message Pong { double request_timestamp = 1; double response_timestamp = 2; }
  message Received { uint32 count = 1; }`,
  { keepCase: true },
);

/** How many heartbeats a stream has brought. */
export interface Received {
  readonly count: number;
}

const HEARTBEAT = codecOf<GossipHeartbeat>("Heartbeat");
const PING = codecOf<Ping>("Ping");
const PONG = codecOf<Pong>("Pong");
const RECEIVED = codecOf<Received>("Received");

/** One-way messages as a stream of the client, and a request with its answer. */
export const SERVICE = {
  heartbeats: {
    path: "/bench.Bench/Heartbeats",
    requestStream: true,
    responseStream: false,
    requestSerialize: HEARTBEAT.encode,
    requestDeserialize: HEARTBEAT.decode,
    responseSerialize: RECEIVED.encode,
    responseDeserialize: RECEIVED.decode,
  },
  ping: {
    path: "/bench.Bench/Ping",
    requestStream: false,
    responseStream: false,
    requestSerialize: PING.encode,
    requestDeserialize: PING.decode,
    responseSerialize: PONG.encode,
    responseDeserialize: PONG.decode,
  },
} satisfies ServiceDefinition;

/** Settings of both sides that cost gRPC least here. */
export const GRPC_OPTIONS = {
  "grpc.enable_channelz": 0,
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_http_proxy": 0,
  // What is kept for another attempt is freed in quadratic time: with the megabyte that is the default, a
  // stream carries less than a tenth as many messages. With none at all it is a little slower than so.
  "grpc.per_rpc_retry_buffer_size": 4096,
};

function codecOf<Value extends object>(name: string) {
  const type = root.lookupType(name);
  return {
    // In Node, protobufjs writes into a `Buffer`.
    encode: (value: Value) => type.encode(value as Record<string, unknown>).finish() as Buffer,
    decode: (bytes: Buffer) => type.decode(bytes) as unknown as Value,
  };
}
