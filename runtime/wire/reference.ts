/** Large bytes that leave from where they are instead of being copied into the batch. */
export interface Reference {
  /** Where they belong: in front of the byte at this offset of the buffer that they were left out of. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What `buffer` holds from `from` to `to` with the references in their places, as it is to be sent. */
export function piecesOf(
  buffer: Buffer,
  from: number,
  to: number,
  references: readonly Reference[],
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = from;
  for (const { at, bytes } of references) {
    if (at > start) pieces.push(buffer.subarray(start, at));
    pieces.push(bytes);
    start = at;
  }
  if (start < to) pieces.push(buffer.subarray(start, to));
  return pieces;
}
