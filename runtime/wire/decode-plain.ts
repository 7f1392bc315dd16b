/**
 * Decodes a payload that has passed `scanStructure` to the same values as msgpackr, but keeps a
 * byte order mark at the beginning of a text, which msgpackr drops from a long one. Two keys could
 * then become one. It is plain rather than fast, for such texts are rare.
 */
export function decodePlain(payload: Uint8Array): unknown {
  return new PlainReader(payload).value();
}

class PlainReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(payload: Uint8Array) {
    this.#bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  }

  /** Recurses as deep as the scan allows, and trusts it for all else. */
  value(): unknown {
    const marker = this.#bytes[this.#at++]!;
    if (marker < 0x80) return marker;
    if (marker < 0x90) return this.#map(marker & 0x0f);
    if (marker < 0xa0) return this.#array(marker & 0x0f);
    if (marker < 0xc0) return this.#text(marker & 0x1f);
    if (marker >= 0xe0) return marker - 0x100;
    if (marker >= 0xde) return this.#map(this.#uint(2 << (marker - 0xde)));
    if (marker >= 0xdc) return this.#array(this.#uint(2 << (marker - 0xdc)));
    if (marker >= 0xd9) return this.#text(this.#uint(1 << (marker - 0xd9)));
    if (marker >= 0xd0) return this.#int(1 << (marker - 0xd0));
    if (marker >= 0xcc) return this.#uintOrBigint(1 << (marker - 0xcc));
    if (marker >= 0xca) return this.#float(marker);
    if (marker >= 0xc4) return this.#take(this.#uint(1 << (marker - 0xc4)));
    return marker === 0xc0 ? null : marker === 0xc3;
  }

  #map(count: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (let left = count; left > 0; left--) {
      const key = this.value() as string;
      map[key] = this.value();
    }
    return map;
  }

  #array(count: number): unknown[] {
    return Array.from({ length: count }, () => this.value());
  }

  #text(size: number): string {
    return this.#take(size).toString();
  }

  #uintOrBigint(size: number): number | bigint {
    return size < 8 ? this.#uint(size) : narrow(this.#take(8).readBigUInt64BE());
  }

  #int(size: number): number | bigint {
    return size < 8 ? this.#take(size).readIntBE(0, size) : narrow(this.#take(8).readBigInt64BE());
  }

  #float(marker: number): number {
    return marker === 0xca ? this.#take(4).readFloatBE() : this.#take(8).readDoubleBE();
  }

  #uint(size: number): number {
    return this.#take(size).readUIntBE(0, size);
  }

  #take(size: number): Buffer {
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
}

/** Up to 2^53 on both sides of zero a number is exact. */
function narrow(value: bigint): number | bigint {
  return value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : value;
}
