/** Bytes from hex digits; spaces are for the reader. */
export function hex(digits: string): Buffer {
  const packed = digits.replaceAll(/\s/g, "");
  const bytes = Buffer.from(packed, "hex");
  if (bytes.length * 2 !== packed.length) throw new Error(`not hex: ${digits}`);
  return bytes;
}

/** Every way to cut `bytes` into two pieces, the empty ones included. */
export function cutEverywhere(bytes: Uint8Array): Uint8Array[][] {
  return Array.from({ length: bytes.length + 1 }, (_, at) => [
    bytes.subarray(0, at),
    bytes.subarray(at),
  ]);
}

/** `bytes`, one at a time. */
export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1));
}

/** What `run` throws. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
