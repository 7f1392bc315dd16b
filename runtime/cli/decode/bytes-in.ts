/** Reads numbers out of bytes from front to back; each capture says which end of a number comes first. */
export class BytesIn {
  at = 0;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #isLittle: boolean;

  constructor(bytes: Uint8Array, isLittle: boolean) {
    this.#bytes = bytes;
    this.#isLittle = isLittle;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.byteLength - this.at;
  }

  u16(): number {
    this.at += 2;
    return this.#view.getUint16(this.at - 2, this.#isLittle);
  }

  u32(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4, this.#isLittle);
  }

  take(size: number): Uint8Array {
    this.at += size;
    return this.#bytes.subarray(this.at - size, this.at);
  }
}
