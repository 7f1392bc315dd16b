import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { encode } from "@msgpack/msgpack";
import { expect, onTestFinished, test } from "vitest";
import { framesInCapture } from "../../../../runtime/cli/decode/conversation.js";
import { testCertificate } from "../../../support/certificates.js";
import { type Piece, pcapOf } from "../../../support/pcap.js";
import { frameOf, messageOf } from "../../../support/raw-peer.js";

const ping = frameOf(encode(messageOf("ping", "node-1", { timestamp: 5 })));
const pong = frameOf(encode(messageOf("pong", "node-2", { request_timestamp: 5, timestamp: 6 })));

/** A ping and its pong over TLS 1.3, as somebody between the two sees them, with the secrets of the client. */
async function recorded(ciphers: string): Promise<{ pieces: readonly Piece[]; keyLog: string }> {
  const { cert, key } = await testCertificate({ id: "node-2" });
  const server = createTlsServer({ cert, key, ciphers, minVersion: "TLSv1.3" }, (socket) => {
    let size = 0;
    socket.on("data", (bytes) => {
      size += bytes.length;
      if (size === ping.length) socket.write(pong);
    });
  });
  const pieces: Piece[] = [];
  const between = createServer((client) => {
    const target = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.on("data", (bytes) => void pieces.push({ from: "client", bytes })).pipe(target);
    target.on("data", (bytes) => void pieces.push({ from: "server", bytes })).pipe(client);
  });
  for (const each of [server, between]) {
    each.listen(0, "127.0.0.1");
    await once(each, "listening");
    onTestFinished(() => void each.close());
  }
  const { port } = between.address() as AddressInfo;
  const client = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  let keyLog = "";
  client.on("keylog", (line: Buffer) => {
    keyLog += line.toString();
  });
  await once(client, "secureConnect");
  client.write(ping.subarray(0, 10));
  client.write(ping.subarray(10));
  await once(client, "data");
  client.destroy();
  return { pieces, keyLog };
}

test.each(["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"])(
  "with a key log the frames in a connection that is sealed with %s are read",
  async (ciphers) => {
    const { pieces, keyLog } = await recorded(ciphers);
    const frames = framesInCapture(pcapOf(pieces), keyLog) ?? [];
    expect(frames.map(({ message, error }) => message?.type ?? error?.message)).toEqual([
      "ping",
      "pong",
    ]);
  },
);

test("without one, or with that of another, each side is told to be encrypted", async () => {
  const { pieces, keyLog } = await recorded("TLS_AES_256_GCM_SHA384");
  const other = keyLog.replace(/ [0-9a-f]{96}$/gm, ` ${"0".repeat(96)}`);
  for (const log of ["", other]) {
    const frames = framesInCapture(pcapOf(pieces), log) ?? [];
    expect(frames.map(({ error }) => error?.code)).toEqual(["UNSUPPORTED", "UNSUPPORTED"]);
    expect(frames[0]?.error?.message).toContain("--key-log");
  }
});
