import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { driveClient } from "../../runtime/conformance/drive-client.js";
import { driveServer } from "../../runtime/conformance/drive-server.js";
import { readCases, readTables } from "../../runtime/conformance/read-tables.js";
import { type GroupedCase, KINDS, type Kind, type Table } from "../../runtime/conformance/table.js";
import type { Verdict } from "../../runtime/conformance/verdict.js";
import type { RnpNode } from "../../runtime/index.js";
import { parseAddress } from "../../runtime/net/address.js";
import { loadIdentity } from "../../runtime/security/certificate-files.js";
import type { Role } from "../../runtime/wire/message-type.js";
import { testCertificate } from "./certificates.js";
import { startNode } from "./cluster.js";
import { clientsBeside } from "./conformance-client.js";

const VECTORS = fileURLToPath(new URL("../vectors/", import.meta.url));

/** The published tables, by kind. */
export const TABLES: ReadonlyMap<Kind, readonly Table[]> = new Map(
  await Promise.all(KINDS.map(async (kind) => [kind, await readTables(kind, VECTORS)] as const)),
);

const SERVER_CASES = await readCases("server", VECTORS);

/** The cases of one kind in which the peer is the server. */
export function serverCases(kind: Kind): GroupedCase[] {
  return SERVER_CASES.filter((each) => each.kind === kind);
}

const CLIENT_CASES = await readCases("client", VECTORS);

/** The cases of one kind in which the peer is the client. */
export function clientCases(kind: Kind): GroupedCase[] {
  return CLIENT_CASES.filter((each) => each.kind === kind);
}

/** Drives new clients through cases, with a certificate of `driver`. */
export async function driveClients(
  driver: Role,
  cases: readonly GroupedCase[],
): Promise<Verdict[]> {
  const credentials = await loadIdentity(
    await testCertificate({ id: `${driver}-1`, role: driver }),
  );
  const good = await startNode("good");
  const verdicts: Verdict[] = [];
  const onVerdict = (verdict: Verdict) => void verdicts.push(verdict);
  await driveClient(cases, { credentials, onVerdict }, clientsBeside(good.address!));
  return verdicts;
}

/** Drives a new node through cases, with a certificate of `driver`. */
export async function driveNode(
  driver: Role,
  peer: Role,
  cases: readonly GroupedCase[],
): Promise<Verdict[]> {
  const credentials = await loadIdentity(
    await testCertificate({ id: `${driver}-1`, role: driver }),
  );
  const verdicts: Verdict[] = [];
  const { address } = await startTested(peer);
  const onVerdict = (verdict: Verdict) => void verdicts.push(verdict);
  await driveServer(parseAddress(address!), cases, { credentials, onVerdict });
  return verdicts;
}

/** A live node that serves the stream which the tables ask for. */
async function startTested(role: Role): Promise<RnpNode> {
  const node = await startNode(`${role}-9`, { role });
  node.handle("metric.subscribe", async function* (_, { signal }) {
    for (let timestamp = 1; !signal.aborted; timestamp++) {
      yield { ...IDLE, timestamp };
      await pause(10);
    }
  });
  return node;
}

const IDLE = {
  cpu: { total_cores: 2, available_cores: 2, percent_used: 0 },
  ram: { total_mb: 1024, available_mb: 1024, percent_used: 0 },
  disk: { total_gb: 10, available_gb: 10, percent_used: 0 },
  instances: [],
};

/** What failed, and why. */
export function failuresIn(verdicts: readonly Verdict[]): string[] {
  return verdicts
    .filter(({ verdict }) => verdict === "failed")
    .map(({ id, reason }) => `${id}: ${reason}`);
}

export function passedIn(verdicts: readonly Verdict[]): string[] {
  return verdicts.filter(({ verdict }) => verdict === "passed").map(({ id }) => id);
}
