import { createNode, type FsReplicate, type Peer, type RnpNode } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { chunksOf, isIntact } from "./chunks.js";
import { type Ended, type InFlightOptions, keepInFlight } from "./in-flight.js";

let server: RnpNode;
let doesVerify = false;

/** Starts a node that takes chunks and keeps none; gives its address. */
export async function serveChunks(identity: CertificatePaths): Promise<string> {
  server = await createNode({ identity, listen: "127.0.0.1:0" });
  const handle = (chunk: FsReplicate) => {
    if (doesVerify && !isIntact(chunk)) throw new Error("a chunk was damaged");
  };
  server.handle("fs.replicate", handle, { borrows: true });
  return server.address!;
}

/** Whether the handler compares the checksum of each chunk from now on. */
export function verifyChunks(isWanted: boolean): void {
  doesVerify = isWanted;
}

let peer: Peer;
let chunks: FsReplicate[];

/** Connects to it, with the default size of the pool for bulk data. */
export async function connectChunks(identity: CertificatePaths, address: string): Promise<void> {
  const node = await createNode({ identity });
  peer = await node.peerAt(address);
  chunks = chunksOf(CHUNK_COUNT);
}

/** Sends chunks to be acknowledged for a while, with always as many under way. */
export function sendChunks(options: InFlightOptions): Promise<Ended> {
  let index = 0;
  return keepInFlight(options, (settle) => {
    index = (index + 1) % CHUNK_COUNT;
    peer.fs.replicate(chunks[index]!).then(() => settle(), settle);
  });
}

/** More than a cache of the processor holds. */
const CHUNK_COUNT = 64;
