import { fstatSync, readSync } from "node:fs";

/**
 * Reads an LMDB file page by page, without LMDB. LMDB trusts its file: a page that is missing or is another
 * than it should be ends the process, and that is no way to say that a disk has failed. So the whole tree is
 * looked at first, as the sketch has it; after that LMDB can be let at it.
 *
 * The file is pages of one size. The first two are headers, of which the one with the higher transaction is
 * valid; it names the roots of two trees: which pages are free, and the records. A page has its own number,
 * its kind, and a table of where its nodes are. A node of a branch has the number of the page below it, a node
 * of a leaf a record, whose value, where it is large, has pages of its own. All numbers are little-endian.
 *
 *     header -> branch -> branch -> leaf -> large value
 */
export interface LmdbRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

interface Tree {
  readonly depth: number;
  readonly root: number;
  readonly entryCount: number;
}

interface Header {
  readonly pageSize: number;
  readonly transaction: bigint;
  readonly lastPage: number;
  readonly free: Tree;
  readonly main: Tree;
}

const HEADER_SIZE = 168;
const PAGE_HEADER_SIZE = 24;
const NODE_HEADER_SIZE = 8;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
/** Flag of a node whose value has pages of its own. */
const BIG = 1;

/** What is the same in every header of ours: the kind of page, the format, and how keys are ordered. */
const FIXED = [
  [18, 8],
  [28, 2],
  [30, 0],
  [32, 0],
  [52, 0x4008],
  [96, 0],
  [100, 0],
] as const;

/** More than a processor can address. In bytes. */
const MAP_SIZE_MAX = 2 ** 47;

/**
 * All records, by key, of the database in an open file.
 *
 * @throws Error where a page is not what it should be
 */
export function* lmdbRecords(file: number): Iterable<LmdbRecord> {
  const header = validHeader(file);
  const walk = new Walk(file, header);
  // LMDB reads the tree of free pages as well.
  for (const _ of walk.records(header.free));
  yield* walk.records(header.main);
}

/** One look at all pages that are in use. */
class Walk {
  readonly #file: number;
  readonly #header: Header;
  readonly #size: number;
  readonly #seen: Uint8Array;

  constructor(file: number, header: Header) {
    this.#file = file;
    this.#header = header;
    this.#size = fstatSync(file).size;
    this.#seen = new Uint8Array(Math.ceil(this.#size / header.pageSize));
  }

  *records({ root, depth, entryCount }: Tree): Iterable<LmdbRecord> {
    let count = 0;
    if (depth > 0) {
      for (const record of this.#below(root, depth)) {
        count++;
        yield record;
      }
    }
    if (count === entryCount) return;
    throw new Error(`${entryCount} records were written, and ${count} are there`);
  }

  *#below(number: number, levels: number): Iterable<LmdbRecord> {
    const page = this.#page(number, 1, levels === 1 ? LEAF : BRANCH);
    for (const node of nodesOf(page)) {
      if (levels > 1) yield* this.#below(childOf(node), levels - 1);
      else yield this.#recordOf(node);
    }
  }

  #recordOf(node: Buffer): LmdbRecord {
    const keyEnd = NODE_HEADER_SIZE + node.readUInt16LE(6);
    const key = node.subarray(NODE_HEADER_SIZE, keyEnd);
    const size = node.readUInt32LE(0);
    const isBig = node.readUInt16LE(4) & BIG;
    const value = isBig ? this.#bigValue(node, keyEnd, size) : node.subarray(keyEnd, keyEnd + size);
    if (value.length === size) return { key, value };
    throw new Error("a record reaches beyond its page");
  }

  #bigValue(node: Buffer, offset: number, size: number): Buffer {
    const count = Math.ceil((PAGE_HEADER_SIZE + size) / this.#header.pageSize);
    const pages = this.#page(readPageNumber(node, offset), count, OVERFLOW);
    return pages.subarray(PAGE_HEADER_SIZE, PAGE_HEADER_SIZE + size);
  }

  #page(number: number, count: number, kind: number): Buffer {
    const { pageSize, lastPage } = this.#header;
    const end = number + count;
    if (end > lastPage + 1 || end * pageSize > this.#size) {
      throw new Error(`page ${number} is beyond its end`);
    }
    for (let index = number; index < end; index++) {
      if (this.#seen[index]) throw new Error(`page ${index} is used twice`);
      this.#seen[index] = 1;
    }
    const page = Buffer.allocUnsafe(count * pageSize);
    readSync(this.#file, page, 0, page.length, number * pageSize);
    if (readPageNumber(page, 0) === number && page.readUInt16LE(18) === kind) return page;
    throw new Error(`page ${number} is not what it should be`);
  }
}

/** What is at each place that the table of a page names. */
function nodesOf(page: Buffer): Buffer[] {
  const count = page.readUInt16LE(20) >> 1;
  return Array.from({ length: count }, (_, index) => {
    const offset = PAGE_HEADER_SIZE + page.readUInt16LE(PAGE_HEADER_SIZE + 2 * index);
    return page.subarray(offset);
  });
}

/** A page number of six bytes. */
function childOf(node: Buffer): number {
  return node.readUIntLE(0, 6);
}

function readPageNumber(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}

function validHeader(file: number): Header {
  const first = headerAt(file, 0);
  const second = headerAt(file, first.pageSize);
  return first.transaction >= second.transaction ? first : second;
}

function headerAt(file: number, position: number): Header {
  const bytes = Buffer.alloc(HEADER_SIZE);
  readSync(file, bytes, 0, HEADER_SIZE, position);
  if (bytes.readUInt32LE(24) !== 0xbeefc0de) throw new Error("it is no LMDB database");
  const pageSize = bytes.readUInt32LE(48);
  const isSound =
    hasSizes(bytes, pageSize) && FIXED.every(([at, value]) => bytes.readUInt16LE(at) === value);
  if (!isSound) throw new Error("its header is not what it should be");
  return {
    pageSize,
    transaction: bytes.readBigUInt64LE(152),
    lastPage: readPageNumber(bytes, 144),
    free: treeAt(bytes, 48),
    main: treeAt(bytes, 96),
  };
}

/** Whether LMDB can map as much as the header says. */
function hasSizes(bytes: Buffer, pageSize: number): boolean {
  const isPageSize = pageSize >= 256 && pageSize <= 65_536 && Number.isInteger(Math.log2(pageSize));
  const mapSize = readPageNumber(bytes, 40);
  const isMapSize = mapSize % pageSize === 0 && mapSize < MAP_SIZE_MAX;
  return isPageSize && isMapSize && (readPageNumber(bytes, 144) + 1) * pageSize <= mapSize;
}

function treeAt(bytes: Buffer, offset: number): Tree {
  return {
    depth: bytes.readUInt16LE(offset + 6),
    entryCount: readPageNumber(bytes, offset + 32),
    root: readPageNumber(bytes, offset + 40),
  };
}
