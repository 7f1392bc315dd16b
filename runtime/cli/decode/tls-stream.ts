import type { Secrets } from "./key-log.js";
import type { Chunk, Stream } from "./tcp-stream.js";
import { RecordKeys, SUITES, type Suite } from "./tls-keys.js";

/** The two directions of a connection; the client's is known by its hello. */
export interface TlsPair {
  readonly client: Stream;
  readonly server: Stream;
}

/** A record as it is on the wire. */
interface Record {
  readonly time: number;
  readonly type: number;
  readonly head: Buffer;
  readonly body: Buffer;
}

const HEAD_SIZE = 5;
const [HANDSHAKE, APPLICATION] = [22, 23];
const [CLIENT_HELLO, SERVER_HELLO, KEY_UPDATE] = [1, 2, 24];

/** Whether a stream begins with a TLS record of a handshake. */
export function isTls({ chunks }: Stream): boolean {
  const [first] = chunks;
  return first?.bytes[0] === HANDSHAKE && first.bytes[1] === 3;
}

/** The client random of a stream that begins with a client hello, in hexadecimal digits. */
export function clientRandom(stream: Stream): string | undefined {
  const [hello] = recordsOf(stream.chunks);
  if (hello?.type !== HANDSHAKE || hello.body[0] !== CLIENT_HELLO) return undefined;
  return hello.body.subarray(6, 38).toString("hex");
}

/** Both directions as the applications wrote them, or `undefined` where the secrets do not open them. */
export function opened({ client, server }: TlsPair, secrets: Secrets): TlsPair | undefined {
  const suite = suiteOf(server);
  if (suite === undefined) return undefined;
  const [fromClient, fromServer] = [
    plain(client, "CLIENT", suite, secrets),
    plain(server, "SERVER", suite, secrets),
  ];
  if (fromClient === undefined || fromServer === undefined) return undefined;
  return { client: { ...client, chunks: fromClient }, server: { ...server, chunks: fromServer } };
}

function suiteOf(server: Stream): Suite | undefined {
  const [hello] = recordsOf(server.chunks);
  if (hello?.type !== HANDSHAKE || hello.body[0] !== SERVER_HELLO) return undefined;
  const sessionSize = hello.body[38] ?? 0;
  return SUITES[hello.body.readUInt16BE(39 + sessionSize)];
}

function plain(
  stream: Stream,
  side: "CLIENT" | "SERVER",
  suite: Suite,
  secrets: Secrets,
): readonly Chunk[] | undefined {
  const handshake = secrets.get(`${side}_HANDSHAKE_TRAFFIC_SECRET`);
  const traffic = secrets.get(`${side}_TRAFFIC_SECRET_0`);
  if (handshake === undefined || traffic === undefined) return undefined;
  const chunks: Chunk[] = [];
  let keys = new RecordKeys(suite, handshake);
  let following: RecordKeys | undefined = new RecordKeys(suite, traffic);
  for (const { time, type, head, body } of recordsOf(stream.chunks)) {
    if (type !== APPLICATION) continue;
    let content = keys.open(head, body);
    if (content === undefined && following !== undefined) {
      // The handshake is over: what follows is sealed with the secret of the traffic.
      [keys, following] = [following, undefined];
      content = keys.open(head, body);
    }
    if (content === undefined) return undefined;
    const inner = unpadded(content);
    if (inner.type === APPLICATION) chunks.push({ time, bytes: inner.bytes });
    else if (inner.type === HANDSHAKE && inner.bytes[0] === KEY_UPDATE) keys = keys.next();
  }
  return chunks;
}

/** The last byte that is not 0 is the type of what was sealed. */
function unpadded(content: Buffer): { type: number; bytes: Buffer } {
  let end = content.length - 1;
  while (end > 0 && content[end] === 0) end -= 1;
  return { type: content[end] ?? 0, bytes: content.subarray(0, end) };
}

/** The whole records in a stream, each with the time of its last byte. */
function recordsOf(chunks: readonly Chunk[]): readonly Record[] {
  const records: Record[] = [];
  let waiting = Buffer.alloc(0);
  for (const { time, bytes } of chunks) {
    waiting = Buffer.concat([waiting, bytes]);
    for (;;) {
      if (waiting.length < HEAD_SIZE) break;
      const size = HEAD_SIZE + waiting.readUInt16BE(3);
      if (waiting.length < size) break;
      const [head, body] = [waiting.subarray(0, HEAD_SIZE), waiting.subarray(HEAD_SIZE, size)];
      records.push({ time, type: head[0] ?? 0, head, body });
      waiting = waiting.subarray(size);
    }
  }
  return records;
}
