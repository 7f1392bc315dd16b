import { createHash } from "node:crypto";
import { streamFile, writeFile } from "../../constellation/index.js";
import type { Input, Output } from "./ipc.js";
import { nodeOf, type Running } from "./running.js";

/** Writes a local file into the distributed filesystem; a controller, which stores none, to nodes only. */
export async function writeClusterFile(
  member: Running,
  { path, localPath, replicas: replicationFactor }: Input<"write-file">,
): Promise<Output<"write-file">> {
  const options = { replicationFactor };
  const { checksum, replicas } =
    member.role === "node"
      ? await member.agent.writeFile(path, { localPath }, options)
      : await writeFile(member.controller.node, path, { localPath }, options);
  return { checksum, replicas };
}

/** Reads a file from the others, also where this member holds it itself: it is the mesh that is to be seen. */
export async function readClusterFile(
  member: Running,
  { path }: Input<"read-file">,
): Promise<Output<"read-file">> {
  const startedAtMs = performance.now();
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of streamFile(nodeOf(member), path)) {
    hash.update(piece);
    size += piece.length;
  }
  const ms = Math.round((performance.now() - startedAtMs) * 10) / 10;
  return { size, checksum: `sha256:${hash.digest("hex")}`, ms };
}
