import { type DecodedFrame, decodeFrames } from "../decode-frames.js";
import { packetsOf } from "./capture.js";
import { readKeyLog, type Secrets } from "./key-log.js";
import { type Stream, streamsOf } from "./tcp-stream.js";
import { clientRandom, isTls, opened } from "./tls-stream.js";

/** A frame, or why there is none, and whose it is. */
export interface HeardFrame extends DecodedFrame {
  /** Who sent it and to whom; only in a capture. */
  readonly from?: string;
  readonly to?: string;
  /** When its last byte was captured, in milliseconds since 1970; only in a capture. */
  readonly time?: number;
}

/**
 * The frames in a pcap or pcapng file, of all connections, in the order in which they were captured; or
 * `undefined` where the bytes are no such file. What is in TLS is opened with a key log; a connection that no
 * secret opens is one fault for each side. What is neither TLS nor begins like a frame is passed over.
 */
export function framesInCapture(file: Uint8Array, keyLog = ""): readonly HeardFrame[] | undefined {
  const packets = packetsOf(file);
  if (packets === undefined) return undefined;
  const streams = streamsOf(packets).filter(({ chunks }) => chunks.length > 0);
  const secrets = readKeyLog(keyLog);
  const frames = streams.flatMap((stream) => framesOf(stream, streams, secrets));
  return frames.sort((one, other) => (one.time ?? 0) - (other.time ?? 0));
}

function framesOf(
  stream: Stream,
  streams: readonly Stream[],
  keyLog: ReadonlyMap<string, Secrets>,
): readonly HeardFrame[] {
  if (!isTls(stream)) return beginsLikeFrame(stream) ? framesIn(stream) : [];
  const plain = plainOf(stream, streams, keyLog);
  if (plain !== undefined) return framesIn(plain);
  const { from, to, chunks } = stream;
  const message = "the connection is encrypted: give the secrets of its TLS with --key-log";
  const error = { code: "UNSUPPORTED", message };
  return [{ from, to, time: chunks[0]?.time ?? 0, offset: 0, size: 0, flags: [], error }];
}

function plainOf(
  stream: Stream,
  streams: readonly Stream[],
  keyLog: ReadonlyMap<string, Secrets>,
): Stream | undefined {
  const other = streams.find(({ from, to }) => from === stream.to && to === stream.from);
  if (other === undefined) return undefined;
  const [own, others] = [clientRandom(stream), clientRandom(other)];
  const isClient = own !== undefined;
  const secrets = keyLog.get(own ?? others ?? "");
  if (secrets === undefined) return undefined;
  const pair = isClient ? { client: stream, server: other } : { client: other, server: stream };
  return opened(pair, secrets)?.[isClient ? "client" : "server"];
}

/** By its first three bytes, so that a wrong version of the magic is told and not passed over. */
function beginsLikeFrame({ chunks }: Stream): boolean {
  return Buffer.from(chunks[0]?.bytes.subarray(0, 3) ?? []).toString("latin1") === "RNP";
}

function framesIn({ from, to, chunks, lost }: Stream): readonly HeardFrame[] {
  const frames = decodeFrames(Buffer.concat(chunks.map(({ bytes }) => bytes)));
  const heard = frames.map((frame) => ({ ...frame, from, to, time: timeOf(frame, chunks) }));
  if (lost === 0) return heard;
  const time = chunks.at(-1)?.time ?? 0;
  const error = { code: "PROTOCOL_ERROR", message: `the capture lacks ${lost} bytes from here on` };
  return [...heard, { from, to, time, offset: 0, size: 0, flags: [], error }];
}

/** When the last byte of a frame came. */
function timeOf({ offset, size }: DecodedFrame, chunks: Stream["chunks"]): number {
  let end = 0;
  for (const { time, bytes } of chunks) {
    end += bytes.byteLength;
    if (end >= offset + size) return time;
  }
  return chunks.at(-1)?.time ?? 0;
}
