import { describe, expect, it } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import { HandlerTable } from "../../../runtime/node/handlers.js";
import { SILENT } from "../../../runtime/node/logger.js";
import { FakeOrigin, messageOf } from "./fake-origin.js";

/** A message that remembers when its memory was given back. */
function lentMessage(said: string[], deadlineMs?: number): InboundMessage {
  const facts = deadlineMs === undefined ? {} : { deadlineMs };
  const message = messageOf(FS_REPLICATE, facts);
  message.giveBack = () => void said.push("given back");
  return message;
}

describe("a handler that borrows", () => {
  it("is told to the connections, until it is removed", () => {
    const handlers = new HandlerTable(SILENT);
    const remove = handlers.set("fs.replicate", () => {}, { borrows: true });
    handlers.set("fs.write", () => {});
    expect([handlers.borrows("fs.replicate"), handlers.borrows("fs.write")]).toEqual([true, false]);
    remove();
    expect(handlers.borrows("fs.replicate")).toBe(false);
  });

  it("gives the memory back when it is done, not before", async () => {
    const said: string[] = [];
    const handlers = new HandlerTable(SILENT);
    let finish = () => {};
    const work = new Promise<void>((resolve) => {
      finish = resolve;
    });
    handlers.set("fs.replicate", () => work, { borrows: true });
    handlers.handle(new FakeOrigin(), lentMessage(said));
    await Promise.resolve();
    expect(said).toEqual([]);
    finish();
    await expect.poll(() => said).toEqual(["given back"]);
  });

  it("gives it back at once where it returns no promise", () => {
    const said: string[] = [];
    const handlers = new HandlerTable(SILENT);
    handlers.set("fs.replicate", () => void said.push("handled"), { borrows: true });
    handlers.handle(new FakeOrigin(), lentMessage(said));
    expect(said).toEqual(["handled", "given back"]);
  });

  it("that is late gives it back when it ends, not when its message is settled", async () => {
    const said: string[] = [];
    const origin = new FakeOrigin();
    const handlers = new HandlerTable(SILENT);
    const late = () => new Promise<void>((resolve) => setTimeout(resolve, 100));
    handlers.set("fs.replicate", late, { borrows: true });
    handlers.handle(origin, lentMessage(said, 10));
    await expect.poll(() => origin.said.length).toBe(1);
    expect(said).toEqual([]);
    await expect.poll(() => said).toEqual(["given back"]);
  });
});

it("a handler that does not borrow keeps the bytes of its messages", async () => {
  const said: string[] = [];
  const handlers = new HandlerTable(SILENT);
  handlers.set("fs.replicate", () => Promise.resolve());
  handlers.handle(new FakeOrigin(), lentMessage(said));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(said).toEqual([]);
});
