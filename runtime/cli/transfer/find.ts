import {
  type InstanceLocation,
  isRnpError,
  type Peer,
  RnpError,
  type RnpNode,
  type SyncResponse,
} from "../../index.js";

export interface FindOptions {
  /** Any member of the cluster. */
  readonly address: string;
  readonly instance: string;
  /** The node that the instance is to move to. */
  readonly to: string;
  readonly signal: AbortSignal;
}

/** Where an instance is, and a client of the node that it is to move to. */
export interface Found {
  readonly location: InstanceLocation;
  readonly target: Peer;
}

/**
 * Finds an instance and its target by asking one member: that node itself knows its own instances, and which
 * controllers know all.
 *
 * @throws RnpError `NOT_FOUND` where nobody knows the instance, or the target is no member
 */
export async function findBoth(node: RnpNode, options: FindOptions): Promise<Found> {
  const { address, to, signal } = options;
  const peer = await node.peerAt(address, { signal });
  const { members } = await peer.sync.request({}, { signal });
  const member = members.find((each) => each.node === to);
  if (member?.address === undefined) throw noMember(to, members);
  const location = await locate(node, peer, members, options);
  const target = to === peer.id ? peer : await node.peerAt(member.address, { signal });
  if (target.id !== to) throw impostor(to, member.address, target.id);
  return { location, target };
}

/** The first that knows decides: the member that was asked, then the controllers that it knows. */
async function locate(
  node: RnpNode,
  peer: Peer,
  members: SyncResponse["members"],
  { instance: instance_id, signal }: FindOptions,
): Promise<InstanceLocation> {
  const addresses = members
    .filter(
      ({ node: id, role, state }) => role === "controller" && state === "alive" && id !== peer.id,
    )
    .flatMap(({ address }) => address ?? []);
  const askable = [
    async () => peer,
    ...addresses.map((address) => () => node.peerAt(address, { signal })),
  ];
  let refusal: unknown;
  for (const connect of askable) {
    try {
      return await (await connect()).instance.locate({ instance_id }, { signal });
    } catch (thrown) {
      if (!isRnpError(thrown) || signal.aborted) throw thrown;
      refusal = thrown;
    }
  }
  throw refusal;
}

function noMember(to: string, members: SyncResponse["members"]): RnpError {
  const nodes = members.filter(({ role, state }) => role === "node" && state === "alive");
  const names = nodes.map(({ node }) => node).sort();
  const known = names.join(", ") || "none";
  return new RnpError("NOT_FOUND", `no node ${to} to move to; there are: ${known}`, {
    details: { kind: "node", id: to },
  });
}

function impostor(to: string, address: string, id: string): RnpError {
  const details = { address, node: to, reason: `${id} is there` };
  return new RnpError("UNAVAILABLE", `${to} is not at ${address}: ${id} is`, { details });
}
