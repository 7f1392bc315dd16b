import {
  isRnpError,
  type LogEntry,
  type LogSubscribe,
  type Peer,
  type RnpError,
  type RnpNode,
} from "../../index.js";

export interface OpenOptions {
  /** Where to ask: the node of the instance, another one or a controller. */
  readonly address: string;
  readonly query: LogSubscribe;
  /** Called with the id of the node that the lines will come from. */
  readonly onOpen: (node: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Subscribes to the output of an instance at `address` or, where that node does not have it, at the node
 * that a controller says it is on.
 */
export async function* openLog(
  node: RnpNode,
  options: OpenOptions,
): AsyncGenerator<LogEntry, void> {
  const { address, query, onOpen, signal } = options;
  const peer = await node.peerAt(address, { signal });
  onOpen(peer.id);
  try {
    return yield* peer.log.subscribe(query, { signal });
  } catch (thrown) {
    if (!isElsewhere(thrown)) throw thrown;
    const home = await locate(node, peer, thrown, options);
    onOpen(home.id);
    yield* home.log.subscribe(query, { signal });
  }
}

/** The node does not know the instance, or is one that keeps no output, such as a controller. */
function isElsewhere(thrown: unknown): thrown is RnpError {
  return isRnpError(thrown) && ["NOT_FOUND", "UNSUPPORTED", "UNAUTHORIZED"].includes(thrown.code);
}

/**
 * Asks the controllers that `peer` knows, itself perhaps, for the node of the instance; the first that knows
 * decides.
 *
 * @throws RnpError what `peer` said, or what a controller did where that says more
 */
async function locate(
  node: RnpNode,
  peer: Peer,
  refusal: RnpError,
  { query: { instance_id }, signal }: OpenOptions,
): Promise<Peer> {
  let reason = refusal;
  const { members } = await peer.sync.request({}, { signal });
  for (const { node: id, role, state, address } of members) {
    if (role !== "controller" || state !== "alive" || address === undefined) continue;
    try {
      const controller = id === peer.id ? peer : await node.peerAt(address, { signal });
      const location = await controller.instance.locate({ instance_id }, { signal });
      if (location.node === peer.id || location.address === undefined) continue;
      return await node.peerAt(location.address, { signal });
    } catch (thrown) {
      if (!isRnpError(thrown) || signal.aborted) throw thrown;
      if (reason.code !== "NOT_FOUND") reason = thrown;
    }
  }
  throw reason;
}
