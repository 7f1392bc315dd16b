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
/** Members in an answer, and nodes in a digest, as the schema bounds both. */
const MEMBER_COUNT_MAX = 16_384;
/** The same for peers of before, which know a lower bound. */
const PLAIN_MEMBER_COUNT_MAX = 10_000;

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
 *    gone. A gone member that the asker does not know stays out, or nobody could ever forget it. An answer
 *    that was cut short has the hashes of the buckets again, and the asker goes on.
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
    const isPlain = buckets === undefined;
    const count = fittingCount(rows, isPlain ? PLAIN_LIMITS : LIMITS);
    const fitting = rows.slice(0, count);
    const members = fitting.map((row) => syncMember(row, speaks, this.#since(row.node)));
    const answer = { members, services: [], full: isPlain && digest === undefined };
    if (count === rows.length) return answer;
    // Who named buckets can ask on.
    const more = isPlain ? {} : { bucket_hashes: this.#table.hash.buckets };
    return { ...answer, ...more, full: false };
  }

  /** What an answer tells, also of the own node. To be applied before `nextRequest`. */
  newsIn(from: string, { members }: SyncResponseData): Told[] {
    return members.flatMap((member) => toldOf(from, member));
  }

  /** The question that follows from an answer; `undefined`: all is said. */
  nextRequest(
    request: SyncRequestData,
    { members, bucket_hashes: hashes }: SyncResponseData,
  ): SyncRequestData | undefined {
    if (hashes?.length !== BUCKET_COUNT) return undefined;
    const differing = this.#table.hash.differing(hashes);
    if (request.buckets !== undefined) return this.#rest(request, members, differing);
    return differing.length === 0 ? undefined : this.#ask(differing);
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

  /** After an answer that was cut short: the bucket that was cut and those after it, as far as they differ. */
  #rest(
    request: SyncRequestData,
    members: readonly SyncMember[],
    differing: readonly number[],
  ): SyncRequestData | undefined {
    const last = members.at(-1);
    if (last === undefined) return undefined;
    const asked = request.buckets ?? [];
    const rest = asked.slice(Math.max(0, asked.indexOf(bucketOf(last.node))));
    const buckets = rest.filter((bucket) => differing.includes(bucket));
    if (buckets.length === 0) return undefined;
    const next = this.#ask(buckets);
    // Where the same question would follow, what it brought was of no use, and would be again.
    if (JSON.stringify(next) !== JSON.stringify(request)) return next;
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

interface Limits {
  readonly sizeMax: number;
  readonly countMax: number;
}

const LIMITS: Limits = { sizeMax: ANSWER_SIZE_MAX, countMax: MEMBER_COUNT_MAX };
const PLAIN_LIMITS: Limits = { sizeMax: PLAIN_ANSWER_SIZE_MAX, countMax: PLAIN_MEMBER_COUNT_MAX };

/** How many rows fit; at least one, so that an asker always gets on. */
function fittingCount(rows: readonly Row[], { sizeMax, countMax }: Limits): number {
  let size = 0;
  for (const [count, row] of rows.entries()) {
    size += syncMemberSizeMax(row);
    if (count > 0 && (size > sizeMax || count >= countMax)) return count;
  }
  return rows.length;
}
