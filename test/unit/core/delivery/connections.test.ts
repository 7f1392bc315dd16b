import { describe, expect, it } from "vitest";
import { ACK } from "../../../../generated/messages/ack.js";
import { INSTANCE_STOPPED } from "../../../../generated/messages/instance/stopped.js";
import { RnpError } from "../../../../runtime/core/error.js";
import { Nodes } from "../../../support/channel-nodes.js";
import { Pair } from "../../../support/pair.js";
import { renamed } from "../../../support/renamed.js";

const BUSY = new RnpError("BACKPRESSURE", "not now", { outcome: "rejected" });

describe("a message in a channel", () => {
  it("is delivered once its handler has settled", () => {
    const nodes = new Nodes().connect();
    nodes.give("a");
    nodes.pair.settle();
    expect(nodes.fates.all.size).toBe(0);
    nodes.pair.server.connection.replies.settle(nodes.pair.server.messages[0]!);
    nodes.pair.settle();
    expect(nodes.fates.all.get("a")).toBe("delivered");
  });

  it("is acknowledged together with all that was settled before the next write", () => {
    const nodes = new Nodes().connect();
    for (let index = 0; index < 100; index++) nodes.give(`m-${index}`);
    nodes.pair.settle();
    const { server } = nodes.pair;
    for (const message of server.messages) server.connection.replies.settle(message);
    nodes.pair.settle();
    expect(nodes.fates.all.size).toBe(100);
    expect(server.meter.of(ACK.type).sent).toBe(1);
  });

  it("that was handled is not given again by the next connection, which settles it", () => {
    const nodes = new Nodes().connect();
    nodes.give("a");
    nodes.give("b");
    nodes.pair.settle();
    const { server } = nodes.pair;
    nodes.cut();
    server.connection.replies.settle(server.messages[0]!);
    nodes.connect();
    nodes.pair.settle();
    expect(nodes.fates.all.get("a")).toBe("delivered");
    expect(nodes.received).toEqual([]);
    server.connection.replies.settle(server.messages[1]!);
    nodes.pair.settle();
    expect(nodes.fates.all.get("b")).toBe("delivered");
  });

  it("that was lost on the way is given by the next connection", () => {
    const nodes = new Nodes().connect();
    nodes.pair.isCut = true;
    nodes.give("a");
    nodes.pair.settle();
    nodes.cut();
    nodes.connect();
    nodes.pair.settle();
    expect(nodes.received).toEqual(["a"]);
  });

  it("that is refused fails with the error, also where that was lost and has to be told again", () => {
    const nodes = new Nodes().connect();
    nodes.give("a");
    nodes.give("b");
    nodes.pair.settle();
    const { server } = nodes.pair;
    const error = new RnpError("CONFLICT", "it never ran", { outcome: "rejected" });
    server.connection.replies.refuse(server.messages[0]!, error);
    nodes.pair.settle();
    expect(nodes.fates.all.get("a")).toBe("CONFLICT rejected");
    nodes.pair.isCut = true;
    server.connection.replies.refuse(server.messages[1]!, error);
    nodes.pair.settle();
    nodes.cut();
    nodes.connect();
    nodes.pair.settle();
    expect(nodes.fates.all.get("b")).toBe("CONFLICT rejected");
  });

  it("that is refused for now turns away those that came with it and were not looked at yet", () => {
    const nodes = new Nodes().connect();
    for (const name of ["a", "b", "c"]) nodes.give(name);
    nodes.pair.settle();
    const { server, client } = nodes.pair;
    const [a, b, c] = server.messages;
    server.connection.replies.settle(a!);
    server.connection.replies.refuse(b!, BUSY);
    expect([a, b, c].map((message) => message!.isTurnedAway)).toEqual([false, false, true]);
    server.connection.replies.drop(c!);
    nodes.pair.settle();
    nodes.pair.now += 100;
    client.connection.handleTimeout(nodes.pair.now);
    nodes.pair.settle();
    expect(nodes.received.slice(3)).toEqual(["b", "c"]);
    for (const message of server.messages.slice(3)) {
      expect(message.isTurnedAway).toBe(false);
      server.connection.replies.settle(message);
    }
    nodes.pair.settle();
    expect(nodes.fates.all.size).toBe(3);
  });

  it("of a type that the receiver does not know fails, and leaves no gap", () => {
    const nodes = new Nodes().connect();
    nodes.give("a");
    nodes.give("later", { type: renamed(INSTANCE_STOPPED, "instance.later") });
    nodes.give("b");
    nodes.pair.settle();
    expect(nodes.fates.all.get("later")).toBe("PROTOCOL_ERROR rejected");
    expect(nodes.received).toEqual(["a", "b"]);
    const { server } = nodes.pair;
    for (const message of server.messages) server.connection.replies.settle(message);
    nodes.pair.settle();
    expect(nodes.fates.all.get("b")).toBe("delivered");
  });

  it("costs credit, and waits without it", () => {
    const nodes = new Nodes().connect();
    for (let index = 0; index < 400; index++) nodes.give(`m-${index}`);
    nodes.pair.settle();
    const { client, server } = nodes.pair;
    expect(client.connection.creditBytes).toBeLessThanOrEqual(0);
    expect(server.messages.length).toBeLessThan(400);
    for (let turn = 0; turn < 400; turn++) {
      for (const message of server.messages) server.connection.replies.settle(message);
      nodes.pair.settle();
    }
    expect(nodes.fates.all.size).toBe(400);
    expect(nodes.received).toEqual(Array.from({ length: 400 }, (_, index) => `m-${index}`));
  });

  it("fails in time where nothing comes back, with an unknown outcome", () => {
    const nodes = new Nodes().connect();
    nodes.give("a");
    nodes.pair.advance(30_000);
    expect(nodes.fates.all.get("a")).toBe("TIMEOUT unknown");
  });
});

describe("a goodbye", () => {
  it("waits for what is unsettled in channels", () => {
    const nodes = new Nodes().connect();
    nodes.give("a");
    nodes.pair.settle();
    const { client, server } = nodes.pair;
    expect(client.connection.isIdle).toBe(false);
    server.connection.close(nodes.pair.now, "shutdown", 5000);
    nodes.pair.settle();
    expect(server.all("closed")).toEqual([]);
    server.connection.replies.settle(server.messages[0]!);
    nodes.pair.settle();
    expect(nodes.fates.all.get("a")).toBe("delivered");
    expect(server.all("closed")).toMatchObject([{ error: undefined }]);
  });
});

describe("a receiver that restarted", () => {
  it("is given in a new epoch what was not acknowledged", () => {
    const nodes = new Nodes().connect();
    nodes.give("a");
    nodes.give("b");
    nodes.pair.settle();
    const { server } = nodes.pair;
    server.connection.replies.settle(server.messages[0]!);
    nodes.pair.settle();
    nodes.cut();
    nodes.pair = Pair.open();
    nodes.pair.client.connection.carry(nodes.pair.now, nodes.channel);
    nodes.pair.settle();
    expect(nodes.received).toEqual(["b"]);
    expect(nodes.channel.epoch).toBeGreaterThan(1000);
  });

  it("ends the connection of a process that still sends in an epoch that is over", () => {
    const nodes = new Nodes().connect();
    nodes.sessions.of("node-1").find("control", 2000, 1);
    nodes.give("a");
    nodes.pair.settle();
    expect(nodes.pair.server.all("closed")[0]?.error).toMatchObject({ code: "CONFLICT" });
  });
});

it("goes without a place in a channel to a peer that does not know them", () => {
  const pair = Pair.open({ server: { capabilities: ["flow"] } });
  expect(pair.client.connection.delivers).toBe(false);
  expect(pair.client.connection.agreement?.channels).toEqual([]);
});
