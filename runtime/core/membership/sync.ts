import { PAYLOAD_SIZE_MAX } from "../../wire/header.js";
import type { Speaker, SyncMember, SyncRequestData, SyncResponseData } from "./contract.js";
import { BUCKET_COUNT, bucketOf } from "./life-hash.js";
import { compareLife, isLiving, type Life } from "./news.js";
import type { Row } from "./rows.js";
import { syncMember, syncMemberSizeMax, toldOf } from "./sync-member.js";
import type { MemberTable, Told } from "./table.js";

/** An answer to a peer that can ask for the rest; about 4,000 members. Larger ones would block both ends. */
const ANSWER_SIZE_MAX = 1024 * 1024;
/** An answer to a peer that cannot; the rest of the payload is for services. */
const PLAIN_ANSWER_SIZE_MAX = PAYLOAD_SIZE_MAX / 2;
/** Members in an answer, and nodes in a digest. */
const MEMBER_COUNT_MAX = 10_000;

type Digest = NonNullable<SyncRequestData["digest"]>;

export interface TableSyncOptions {
  readonly table: MemberTable;
  /** When a member entered its state, Unix ms; also asked of the own node. */
  readonly since: (node: string) => number;
}

/**
 * Makes two tables meet, by questions of one side only; the other side asks in its own time.
 *
 * 1. `{hash}`: the hash of the asker's table. The answer has that of the answerer, and those of its buckets
 *    if it is another.
 * 2. `{buckets, digest}`: where they differ, and which lives the asker knows to be living there. The answer
 *    has the members that the asker lacks, knows in an earlier life, or takes for living although they are
 *    gone. A gone member that the asker does not know stays out, or nobody could ever forget it.
 *
 * What differs only in suspicion is left to those who suspect. A peer that knows only the specification
 * gives all members at once, and gets all.
 */
export class TableSync {
  readonly #table: MemberTable;
  readonly #since: (node: string) => number;

  constructor({ table, since }: TableSyncOptions) {
    this.#table = table;
    this.#since = since;
  }

  /** The first question. Who knows nobody asks for everything at once. */
  firstRequest(): SyncRequestData {
    if (this.#table.rows.size === 0) return this.#ask([...Array(BUCKET_COUNT).keys()]);
    return { hash: this.#table.hash.whole };
  }

  /** Answers a peer, and changes nothing. The services of the answer are the caller's to fill in. */
  answer({ speaks }: Pick<Speaker, "speaks">, request: SyncRequestData): SyncResponseData {
    const { hash, buckets, digest } = request;
    if (hash !== undefined && buckets === undefined) return this.#compare(hash);
    const rows = this.#wanted(buckets, digest);
    const sizeMax = buckets === undefined ? PLAIN_ANSWER_SIZE_MAX : ANSWER_SIZE_MAX;
    const fitting = rows.slice(0, fittingCount(rows, sizeMax));
    const members = fitting.map((row) => syncMember(row, speaks, this.#since(row.node)));
    const isWhole = fitting.length === rows.length;
    // Who names buckets asks whether there is more for it; else the question is whether this is the table.
    const full = isWhole && (buckets !== undefined || digest === undefined);
    return { members, services: [], full };
  }

  /** What an answer tells, also of the own node. To be applied before `nextRequest`. */
  newsIn(from: string, { members }: SyncResponseData): Told[] {
    return members.flatMap((member) => toldOf(from, member));
  }

  /** The question that follows from an answer; `undefined`: all is said. */
  nextRequest(
    request: SyncRequestData,
    { members, full, bucket_hashes: hashes }: SyncResponseData,
  ): SyncRequestData | undefined {
    if (request.buckets !== undefined) return full ? undefined : this.#rest(request, members);
    if (hashes?.length !== BUCKET_COUNT) return undefined;
    const buckets = this.#table.hash.differing(hashes);
    return buckets.length === 0 ? undefined : this.#ask(buckets);
  }

  #compare(asked: string): SyncResponseData {
    const hash = this.#table.hash.whole;
    const nothing = { members: [], services: [], full: false, hash };
    return hash === asked ? nothing : { ...nothing, bucket_hashes: this.#table.hash.buckets };
  }

  #ask(buckets: readonly number[]): SyncRequestData {
    const digest: Digest = {};
    const rows = this.#rowsIn(new Set(buckets)).filter(({ state }) => isLiving(state));
    for (const { node, epoch, incarnation, facts } of rows.slice(0, MEMBER_COUNT_MAX)) {
      // Named without its life, a member is told again, with the facts that are missing here.
      digest[node] = facts.isComplete ? { epoch, incarnation } : {};
    }
    return { buckets: [...buckets], digest };
  }

  /** After an answer that was cut short: the bucket that was cut and those after it. */
  #rest(request: SyncRequestData, members: readonly SyncMember[]): SyncRequestData | undefined {
    const last = members.at(-1);
    if (last === undefined) return undefined;
    const asked = request.buckets ?? [];
    const buckets = asked.slice(Math.max(0, asked.indexOf(bucketOf(last.node))));
    const next = this.#ask(buckets);
    const isStuck = JSON.stringify(next) === JSON.stringify(request);
    if (!isStuck) return next;
    return buckets.length > 1 ? this.#ask(buckets.slice(1)) : undefined;
  }

  /** Rows in the order of their buckets as asked for, so that an answer that is cut says where. */
  #wanted(buckets: readonly number[] | undefined, digest: Digest | undefined): Row[] {
    const order = new Set(buckets ?? Array(BUCKET_COUNT).keys());
    const rows = this.#rowsIn(order);
    if (digest === undefined) return rows;
    const known = new Map(Object.entries(digest));
    return rows.filter((row) => isLacking(row, known.get(row.node)));
  }

  #rowsIn(order: ReadonlySet<number>): Row[] {
    const byBucket = new Map<number, Row[]>([...order].map((bucket) => [bucket, []]));
    for (const row of this.#table.rows) byBucket.get(row.hash.bucket)?.push(row);
    const { own } = this.#table;
    byBucket.get(own.hash.bucket)?.push(own);
    return [...byBucket.values()].flat();
  }
}

/** Whether the asker lacks this row, given the life in which it takes the member for living. */
function isLacking(row: Row, known: Partial<Life> | undefined): boolean {
  if (known === undefined) return isLiving(row.state);
  const { epoch = BEFORE_ALL_EPOCHS, incarnation = 0 } = known;
  const age = compareLife(row, { epoch, incarnation });
  return age > 0 || (age === 0 && !isLiving(row.state));
}

const BEFORE_ALL_EPOCHS = -1;

/** How many rows fit; at least one, so that an asker always gets on. */
function fittingCount(rows: readonly Row[], sizeMax: number): number {
  let size = 0;
  for (const [count, row] of rows.entries()) {
    size += syncMemberSizeMax(row);
    if (count > 0 && (size > sizeMax || count >= MEMBER_COUNT_MAX)) return count;
  }
  return rows.length;
}
