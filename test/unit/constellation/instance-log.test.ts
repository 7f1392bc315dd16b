import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  InstanceLog,
  type InstanceLogOptions,
} from "../../../runtime/constellation/instance-log.js";
import { type ReadLine, readLog } from "../../../runtime/constellation/log-reader.js";
import type { LogSubscribe } from "../../../runtime/index.js";
import { recordingLogger, temporaryFolder, until } from "./support.js";

type Query = Omit<LogSubscribe, "instance_id">;

async function setup(options: Partial<InstanceLogOptions> = {}) {
  const folder = await temporaryFolder();
  const { logger, lines } = recordingLogger();
  const sizes = { fileSizeMax: 1024 ** 2, fileCountMax: 4 };
  const open = async () => {
    const log = await InstanceLog.open({ folder, logger, ...sizes, ...options });
    onTestFinished(() => log.end());
    return log;
  };
  return { folder, logged: lines, open, log: await open() };
}

function say(log: InstanceLog, text: string, output: "stdout" | "stderr" = "stdout"): void {
  log.write(output, Buffer.from(`${text}\n`));
}

/** Prints `1`, `2`, … and waits until each is on the disk, so that no two share a write. */
async function count(log: InstanceLog, to: number): Promise<void> {
  for (let number = 1; number <= to; number++) {
    say(log, String(number));
    await until(() => log.last >= number);
  }
}

/** `2:b` for the second line; `(3)5:e` where three were missed before it. */
function told({ sequence, text, missed }: ReadLine): string {
  return `${missed > 0 ? `(${missed})` : ""}${sequence}:${text}`;
}

/** All that is there now. */
async function read(log: InstanceLog, query: Query = {}): Promise<string[]> {
  const all: string[] = [];
  const never = new AbortController().signal;
  for await (const line of readLog(log, { last: 10_000, ...query, follow: false }, never)) {
    all.push(told(line));
  }
  return all;
}

/** A reader that follows, and what it has got so far. */
function follow(log: InstanceLog, query: Query = {}) {
  const leaving = new AbortController();
  const got: string[] = [];
  const ended = (async () => {
    for await (const line of readLog(log, query, leaving.signal)) got.push(told(line));
  })();
  ended.catch(() => {});
  return { got, ended, leave: () => leaving.abort(new Error("left")) };
}

describe("the output of an instance", () => {
  it("is kept line by line, with its time and where it was printed", async () => {
    const { log, folder } = await setup();
    const beforeMs = Date.now();
    say(log, "hello");
    say(log, "oh", "stderr");
    log.write("stdout", Buffer.from("no end"));
    await log.end();
    const lines: ReadLine[] = [];
    for await (const line of readLog(log, { follow: false }, new AbortController().signal)) {
      lines.push(line);
    }
    expect(lines).toMatchObject([
      { sequence: 1, output: "stdout", text: "hello", isContinued: false, missed: 0 },
      { sequence: 2, output: "stderr", text: "oh" },
      { sequence: 3, output: "stdout", text: "no end" },
    ]);
    for (const { timestamp } of lines) expect(timestamp).toBeGreaterThanOrEqual(beforeMs);
    expect(await readFile(join(folder, "output.1.log"), "utf8")).toMatch(
      /^1 \S+Z stdout F hello\n2 /,
    );
  });

  it("goes on with its numbers in the next life of the instance and of the agent", async () => {
    const { log, open } = await setup();
    say(log, "a");
    await log.end();
    say(log, "b");
    await log.end();
    const next = await open();
    expect(next.last).toBe(2);
    say(next, "c");
    await next.end();
    expect(await read(await open())).toEqual(["1:a", "2:b", "3:c"]);
  });

  it("takes no more of the disk than its files may", async () => {
    const { log, folder } = await setup({ fileSizeMax: 200, fileCountMax: 3 });
    await count(log, 40);
    await log.end();
    const names = await readdir(folder);
    expect(names).toHaveLength(3);
    for (const name of names)
      expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(200);
    const kept = await read(log);
    expect(kept.at(0)).toBe(`${log.first}:${log.first}`);
    expect(kept.at(-1)).toBe("40:40");
    expect(kept).toHaveLength(40 - log.first + 1);
    expect(log.first).toBeGreaterThan(20);
  });

  it("keeps a line that is longer than a file may be", async () => {
    const { log } = await setup({ fileSizeMax: 50 });
    for (const text of ["a", "b".repeat(100), "c"]) {
      say(log, text);
      await log.end();
    }
    expect(await read(log)).toEqual(["1:a", `2:${"b".repeat(100)}`, "3:c"]);
  });

  it("loses no more than the line that a crash tore", async () => {
    const { log, folder, open } = await setup();
    await count(log, 3);
    await log.end();
    const path = join(folder, "output.1.log");
    await writeFile(path, (await readFile(path, "utf8")).slice(0, -3));
    const next = await open();
    expect(next.last).toBe(2);
    say(next, "again");
    await next.end();
    expect(await read(next)).toEqual(["1:1", "2:2", "3:again"]);
  });

  it("is told apart from what the instance itself wrote into the files", async () => {
    const { log, folder } = await setup();
    await count(log, 2);
    await log.end();
    await writeFile(join(folder, "output.x.log"), "not ours");
    await writeFile(join(folder, "output.1.log"), "x".repeat(500));
    expect(await read(log)).toEqual([]);
  });
});

describe("a disk that refuses", () => {
  it("costs output and nothing else, which is logged once, until it takes output again", async () => {
    const { log, folder, logged } = await setup();
    await count(log, 1);
    await log.end();
    await rm(folder, { recursive: true });
    for (const text of ["lost", "lost as well"]) {
      say(log, text);
      await log.end();
    }
    expect(logged).toEqual(["error: an instance's output is being lost"]);
    await mkdir(folder);
    say(log, "back");
    await log.end();
    say(log, "and well");
    await log.end();
    expect(await read(log, { after: 1 })).toEqual(["(2)4:back", "5:and well"]);
    expect(logged).toHaveLength(1);
  });

  it.runIf(process.platform === "linux")("costs what it tore, and nothing after that", async () => {
    const { log, folder } = await setup();
    await count(log, 2);
    await log.end();
    const path = join(folder, "output.1.log");
    const text = await readFile(path, "utf8");
    await rm(path);
    // Every write to this device fails as on a full disk.
    await symlink("/dev/full", path);
    say(log, "lost");
    await log.end();
    await rm(path);
    await writeFile(path, `${text}3 2024-01-12T16:0`);
    say(log, "back");
    await log.end();
    expect(await read(log)).toEqual(["1:1", "2:2", "(1)4:back"]);
  });

  it("which is too slow loses the oldest of what waits, and readers are told how much", async () => {
    const { log, logged } = await setup({ waitingSizeMax: 300 });
    // In one turn of the event loop no disk takes anything.
    for (let number = 1; number <= 50; number++) say(log, String(number));
    await log.end();
    const kept = await read(log, { after: 0 });
    expect(kept.length).toBeLessThan(10);
    expect(kept[0]).toBe(`(${50 - kept.length})${51 - kept.length}:${51 - kept.length}`);
    expect(kept.at(-1)).toBe("50:50");
    expect(logged).toEqual(["error: an instance's output is being lost"]);
  });
});

describe("a reader", () => {
  it("begins with the last lines, ten unless it says", async () => {
    const { log } = await setup({ fileSizeMax: 150 });
    await count(log, 14);
    const numbers = (from: number) =>
      Array.from({ length: 15 - from }, (_, index) => `${from + index}:${from + index}`);
    const all = (query: Query) => read(log, { last: undefined, ...query } as Query);
    expect(await all({})).toEqual(numbers(5));
    expect(await all({ last: 3 })).toEqual(numbers(12));
    expect(await all({ last: 0 })).toEqual([]);
    await log.end();
  });

  it("gets the last lines that satisfy its filters", async () => {
    const { log } = await setup();
    for (let number = 1; number <= 30; number++) {
      say(log, `line ${number}`, number % 3 === 0 ? "stderr" : "stdout");
    }
    await log.end();
    expect(await read(log, { output: "stderr", last: 2 })).toEqual(["27:line 27", "30:line 30"]);
    expect(await read(log, { contains: "e 1", last: 3 })).toEqual([
      "17:line 17",
      "18:line 18",
      "19:line 19",
    ]);
    expect(await read(log, { contains: "2", output: "stderr", last: 9 })).toEqual([
      "12:line 12",
      "21:line 21",
      "24:line 24",
      "27:line 27",
    ]);
    expect(await read(log, { contains: "LINE" })).toEqual([]);
    expect(await read(log, { contains: "line", last: 0 })).toEqual([]);
  });

  it("goes on behind the line that it has", async () => {
    const { log } = await setup({ fileSizeMax: 150 });
    await count(log, 8);
    expect(await read(log, { after: 6, last: 1 })).toEqual(["7:7", "8:8"]);
    expect(await read(log, { after: 8 })).toEqual([]);
    expect(await read(log, { after: 0 })).toHaveLength(8);
  });

  it("gets everything from a log that was begun anew and is shorter than what it had", async () => {
    const { log } = await setup();
    await count(log, 2);
    expect(await read(log, { after: 500 })).toEqual(["1:1", "2:2"]);
  });

  it("follows, over files that are rotated and over the end of the instance", async () => {
    const { log } = await setup({ fileSizeMax: 100, fileCountMax: 2 });
    await count(log, 3);
    const reader = follow(log, { last: 1 });
    for (let number = 4; number <= 30; number++) {
      say(log, String(number));
      if (number % 10 === 0) await log.end();
      await until(() => reader.got.length === number - 2);
    }
    expect(reader.got.at(0)).toBe("3:3");
    expect(reader.got.at(-1)).toBe("30:30");
    expect(reader.got.join()).not.toContain("(");
    reader.leave();
    await expect(reader.ended).rejects.toThrow("left");
  });

  it("follows with a filter, and is not woken into an end by other lines", async () => {
    const { log } = await setup();
    const reader = follow(log, { contains: "yes" });
    for (const text of ["yes 1", "no", "no", "yes 2"]) {
      say(log, text);
      await log.end();
    }
    await until(() => reader.got.length === 2);
    expect(reader.got).toEqual(["1:yes 1", "4:yes 2"]);
    reader.leave();
  });

  it("that does not follow gets what there was when it began, however much comes meanwhile", async () => {
    const { log } = await setup();
    const all = 3000;
    for (let number = 1; number <= all; number++) say(log, String(number));
    await log.end();
    const query = { follow: false, last: all };
    let count = 0;
    for await (const _ of readLog(log, query, new AbortController().signal)) {
      count++;
      if (count % 100 !== 0) continue;
      say(log, "more");
      await until(() => log.last === all + count / 100);
    }
    expect(count).toBe(all);
  });

  it("is as many as there are, each at its own speed", async () => {
    const { log } = await setup();
    const readers = Array.from({ length: 20 }, (_, index) => follow(log, { last: index }));
    for (let number = 1; number <= 100; number++) say(log, String(number));
    await until(() => readers.every(({ got }) => got.at(-1) === "100:100"));
    for (const { got } of readers) expect(got).toHaveLength(100);
    for (const { leave } of readers) leave();
  });

  it("that is too slow is told what it missed, and costs the instance nothing", async () => {
    const { log } = await setup({ fileSizeMax: 100_000, fileCountMax: 2 });
    await count(log, 1);
    const slow = readLog(log, {}, new AbortController().signal);
    expect((await slow.next()).value).toMatchObject({ sequence: 1, missed: 0 });
    for (let number = 2; number <= 100_000; number++) say(log, String(number));
    await log.end();
    const rest: ReadLine[] = [];
    while (rest.at(-1)?.sequence !== 100_000) {
      const next = await slow.next();
      rest.push(next.value as ReadLine);
    }
    expect(rest[0]!.missed).toBeGreaterThan(50_000);
    expect(rest[0]!.missed + rest.length).toBe(99_999);
    await slow.return();
  });

  it("ends when the log is removed", async () => {
    const { log } = await setup();
    await count(log, 1);
    const reader = follow(log);
    await until(() => reader.got.length === 1);
    log.remove();
    await reader.ended;
  });
});
