import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ADDRESS_COUNT_MAX, readRemembered } from "../../../runtime/node/remembered.js";
import { Remembering } from "../../../runtime/node/remembering.js";
import { newFolder } from "../../support/folders.js";
import { keepingLogger } from "./fake-origin.js";

const EPOCH = 1_705_075_100_000;

async function setup() {
  const path = join(await newFolder(), "data", "members.json");
  const logger = keepingLogger();
  let addresses: string[] = [];
  const begin = async (epoch: number, intervalMs?: number) => {
    const before = await readRemembered(path, logger);
    const interval = intervalMs === undefined ? {} : { intervalMs };
    const given = { path, before, epoch, logger, addresses: () => addresses };
    return { before, remembering: new Remembering({ ...given, ...interval }) };
  };
  const living = (...now: string[]) => {
    addresses = now;
  };
  return { path, logger, begin, living };
}

describe("what a node remembers", () => {
  it("is the epoch of its last process, and where members were reached, those that live first", async () => {
    const { begin, living, logger } = await setup();
    const first = await begin(EPOCH);
    expect(first.before).toEqual({ epoch: 0, addresses: [] });
    living("a:1", "b:1");
    await first.remembering.close();
    const second = await begin(EPOCH + 1);
    expect(second.before).toEqual({ epoch: EPOCH, addresses: ["a:1", "b:1"] });
    living("c:1", "b:1");
    await second.remembering.close();
    const third = await begin(EPOCH + 2);
    expect(third.before).toEqual({ epoch: EPOCH + 1, addresses: ["c:1", "b:1", "a:1"] });
    expect(logger.lines).toEqual([]);
  });

  it("is on disk soon after a change, the epoch at once", async () => {
    const { begin, living, path } = await setup();
    const { remembering } = await begin(EPOCH, 1);
    const text = () => readFile(path, "utf8").catch(() => "");
    remembering.start();
    await expect.poll(text).toContain(String(EPOCH));
    living("a:1");
    remembering.noteChange();
    remembering.noteChange();
    await expect.poll(text).toContain("a:1");
    await remembering.close();
  });

  it("is bounded", async () => {
    const { begin, living } = await setup();
    const { remembering } = await begin(EPOCH);
    living(...Array.from({ length: 1000 }, (_, index) => `node-${index}:1`));
    await remembering.close();
    expect((await begin(EPOCH)).before.addresses).toHaveLength(ADDRESS_COUNT_MAX);
  });

  it.each([
    ["no JSON", "{"],
    ["no epoch", '{"addresses": []}'],
    ["an epoch after which there is none", '{"epoch": 253402300799999, "addresses": []}'],
    ["no addresses", '{"epoch": 1}'],
    ["an address that is none", '{"epoch": 1, "addresses": ["nowhere"]}'],
    ["something else for an address", '{"epoch": 1, "addresses": [1]}'],
    ["nothing but null", "null"],
    ["more than anything that was written", " ".repeat(1024 * 1024 + 1)],
  ])("is nothing where its file has %s, with a warning", async (_, text) => {
    const { begin, path, logger } = await setup();
    await mkdir(join(path, ".."));
    await writeFile(path, text);
    expect((await begin(EPOCH)).before).toEqual({ epoch: 0, addresses: [] });
    expect(logger.lines.map(([level, , said]) => `${level}: ${said}`)).toEqual([
      "warn: the remembered members cannot be read; they are forgotten",
    ]);
  });

  it("costs a warning and nothing else where the disk does not take it", async () => {
    const { path, logger, begin } = await setup();
    await mkdir(path, { recursive: true });
    const { remembering } = await begin(EPOCH);
    await remembering.close();
    expect(logger.lines.at(-1)?.[2]).toBe("the members cannot be remembered");
  });
});
