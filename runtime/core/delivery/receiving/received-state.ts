import type { ReceivedRecord } from "../records.js";

/** As a store keeps it: epoch, floor and cum, 8 bytes each, then the marks. */
const HEAD_SIZE = 24;

export function packReceived({ epoch, floor, cum, marks }: ReceivedRecord): Uint8Array {
  const bytes = new Uint8Array(HEAD_SIZE + marks.length);
  const view = new DataView(bytes.buffer);
  // Whole numbers up to 2^53, which a double has exactly.
  view.setFloat64(0, epoch);
  view.setFloat64(8, floor);
  view.setFloat64(16, cum);
  bytes.set(marks, HEAD_SIZE);
  return bytes;
}

export function unpackReceived(channel: string, bytes: Uint8Array): ReceivedRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [epoch, floor, cum] = [view.getFloat64(0), view.getFloat64(8), view.getFloat64(16)];
  return { channel, epoch, floor, cum, marks: bytes.slice(HEAD_SIZE) };
}
