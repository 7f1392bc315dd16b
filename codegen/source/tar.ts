/** A file in an archive, its path with forward slashes. */
export interface Entry {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK_BYTES = 512;

/** Fields of the header by where they stand and how long they are (POSIX.1-1988, ustar). */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  userId: [108, 8],
  groupId: [116, 8],
  size: [124, 12],
  modifiedAt: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

type FieldName = keyof typeof FIELDS;

/**
 * An archive of files, sorted by path, with nothing in it that differs from one run or machine to the next:
 * no time, owner or mode of a file. Paths are ASCII, at most 100 bytes.
 */
export function writeTar(entries: readonly Entry[]): Uint8Array {
  const sorted = [...entries].sort((one, other) => (one.path < other.path ? -1 : 1));
  const blocks = sorted.flatMap(({ path, bytes }) => [
    header(path, bytes.byteLength),
    padded(bytes),
  ]);
  return Buffer.concat([...blocks, new Uint8Array(2 * BLOCK_BYTES)]);
}

/** The files of an archive, as `writeTar`, `git archive` and tar write them; what is no file is passed over. */
export function readTar(archive: Uint8Array): readonly Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  while (true) {
    const head = archive.subarray(at, at + BLOCK_BYTES);
    // A block of zeros is the end of an archive.
    if (head.byteLength === BLOCK_BYTES && head.every((byte) => byte === 0)) return entries;
    const size = Number.parseInt(textIn(head, "size") || "0", 8);
    const begin = at + BLOCK_BYTES;
    if (begin + size > archive.byteLength) throw new Error("the archive ends inside a file");
    const name = textIn(head, "name");
    const prefix = textIn(head, "prefix");
    const path = prefix === "" ? name : `${prefix}/${name}`;
    const isFile = ["0", ""].includes(textIn(head, "type")) && name !== "";
    if (isFile) entries.push({ path, bytes: archive.subarray(begin, begin + size) });
    at = begin + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

function header(path: string, size: number): Uint8Array {
  if (path.length > FIELDS.name[1]) throw new Error(`the path ${path} is too long for an archive`);
  const head = Buffer.alloc(BLOCK_BYTES);
  const put = (field: FieldName, text: string) => head.write(text, FIELDS[field][0], "latin1");
  put("name", path);
  put("mode", "0000644\0");
  put("userId", "0000000\0");
  put("groupId", "0000000\0");
  put("size", `${octal(size, 11)}\0`);
  put("modifiedAt", `${octal(0, 11)}\0`);
  // The sum is made while its own field is blank.
  put("checksum", "        ");
  put("type", "0");
  put("magic", "ustar\0" + "00");
  put(
    "checksum",
    `${octal(
      head.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  return head;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = (BLOCK_BYTES - (bytes.byteLength % BLOCK_BYTES)) % BLOCK_BYTES;
  return Buffer.concat([bytes, new Uint8Array(rest)]);
}

function textIn(head: Uint8Array, field: FieldName): string {
  const [at, length] = FIELDS[field];
  const text = Buffer.from(head.subarray(at, at + length)).toString("latin1");
  return text.split("\0")[0]?.trim() ?? "";
}
