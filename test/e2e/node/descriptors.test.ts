import { expect, it } from "vitest";
import { testCertificate } from "../../support/certificates.js";
import { startNode } from "../../support/cluster.js";
import { startController } from "../../support/daemon.js";
import { RawPeer } from "../../support/raw-peer.js";

const PING = { timestamp: 0 };
const OPEN_FILES_MAX = 200;

it("a node without file descriptors left serves on, and accepts again when there are some", async () => {
  // As many as loading the modules needs, and some.
  const options = { openFilesMax: OPEN_FILES_MAX };
  const { rnp, address } = await startController("controller-1", "127.0.0.1:0", options);
  const node = await startNode("node-1");
  const peer = await node.peerAt(address);
  await peer.ping(PING);

  const identity = await testCertificate({ id: "node-2" });
  const greet = () => RawPeer.greet(address, identity, "node-2").catch(() => undefined);
  const greeted: RawPeer[] = [];
  for (;;) {
    const one = await greet();
    if (one === undefined) break;
    greeted.push(one);
    expect(greeted.length).toBeLessThan(OPEN_FILES_MAX);
  }
  // More than one, as the listener has to survive each.
  expect([await greet(), await greet(), await greet()]).toEqual([undefined, undefined, undefined]);
  expect(await peer.ping(PING)).toMatchObject({ request_timestamp: 0 });

  for (const { socket } of greeted.splice(0)) socket.destroy();
  let again: RawPeer | undefined;
  while (again === undefined) again = await greet();
  again.socket.destroy();
  expect(await peer.ping(PING)).toMatchObject({ request_timestamp: 0 });
  rnp.signal("SIGTERM");
  expect(await rnp.ended).toMatchObject({ status: 0 });
});
