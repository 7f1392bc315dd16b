import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { LineOutput } from "../../../runtime/cli/line-output.js";
import { type ResumeOptions, resumed } from "../../../runtime/cli/tail/resume.js";
import { entryText, harmless } from "../../../runtime/cli/tail/show.js";
import { type LogEntry, type LogSubscribe, RnpError } from "../../../runtime/index.js";

function entry(sequence: number, parts: Partial<LogEntry> = {}): LogEntry {
  const text = `line ${sequence}`;
  const timestamp = 1_705_075_200_123;
  return { instance_id: "a", sequence, timestamp, output: "stdout", text, ...parts };
}

const lost = () => new RnpError("UNAVAILABLE", "the connection was lost");
const gone = () => new RnpError("NOT_FOUND", "no instance a");

/**
 * A node that does what each attempt in turn is to see: lines by their numbers, an error, or an end. After
 * the last one it does not know the instance.
 */
function node(...attempts: readonly (number | "open" | RnpError)[][]) {
  const asked: LogSubscribe[] = [];
  const told: string[] = [];
  const leaving = new AbortController();
  const options: ResumeOptions = {
    query: { instance_id: "a", last: 5 },
    signal: leaving.signal,
    delayMs: () => 0,
    onLost: ({ code }) => void told.push(code),
    onBack: (id) => void told.push(`back: ${id}`),
    async *open(query, onOpen) {
      asked.push(query);
      for (const step of attempts[asked.length - 1] ?? [gone()]) {
        if (step === "open") onOpen("node-1");
        else if (typeof step === "number") yield entry(step);
        else throw step;
      }
    },
  };
  const read = async () => {
    const got: number[] = [];
    for await (const { sequence } of resumed(options)) got.push(sequence);
    return got;
  };
  return { options, asked, told, leaving, read };
}

describe("a reader of an instance's output", () => {
  it("goes on behind its last line when the connection was lost", async () => {
    const { read, asked, told } = node(["open", 1, 2, lost()], ["open", 3, lost()], ["open", 4]);
    expect(await read()).toEqual([1, 2, 3, 4]);
    expect(asked.slice(0, 3)).toEqual([
      { instance_id: "a", last: 5 },
      { instance_id: "a", last: 5, after: 2 },
      { instance_id: "a", last: 5, after: 3 },
    ]);
    expect(told).toEqual(["UNAVAILABLE", "back: node-1", "UNAVAILABLE", "back: node-1"]);
  });

  it("tries on while the node is away, and says so once", async () => {
    const { read, told } = node(["open", 1, lost()], [lost()], [lost()], [lost()], ["open", 2]);
    expect(await read()).toEqual([1, 2]);
    expect(told).toEqual(["UNAVAILABLE", "back: node-1"]);
  });

  it("gives up at once where it has never been connected", async () => {
    const { read, asked } = node([lost()]);
    await expect(read()).rejects.toThrow("UNAVAILABLE");
    expect(asked).toHaveLength(1);
  });

  it("gives up where waiting does not help", async () => {
    const { read, asked } = node(["open", 1, lost()], ["open", gone()]);
    await expect(read()).rejects.toThrow("NOT_FOUND");
    expect(asked).toHaveLength(2);
  });

  it("waits longer the more often it failed in a row", async () => {
    const counts: number[] = [];
    const { options } = node(["open", 1, lost()], [lost()], ["open", 2, lost()], ["open"]);
    const delayMs = (count: number) => {
      counts.push(count);
      return 0;
    };
    for await (const _ of resumed({ ...options, delayMs }));
    expect(counts).toEqual([1, 2, 1, 2]);
  });

  it("follows an instance that was moved, and ends when nobody has it any more", async () => {
    const { read, asked, told } = node(["open", 1], ["open", 2], ["open", lost()], ["open"]);
    expect(await read()).toEqual([1, 2]);
    expect(asked.map(({ after }) => after)).toEqual([undefined, 1, 2, 2, 2]);
    expect(told).toEqual(["UNAVAILABLE", "back: node-1"]);
  });

  it("ends when it leaves, also while it waits to try again", async () => {
    const { options, leaving } = node(["open", 1, lost()]);
    const onLost = () => setTimeout(() => leaving.abort(), 5);
    for await (const _ of resumed({ ...options, onLost, delayMs: () => 60_000 }));
    expect(leaving.signal.aborted).toBe(true);
  });
});

describe("a line of an instance for people", () => {
  it("tells when and where it was printed", () => {
    expect(entryText(entry(1), false)).toBe("2024-01-12T16:00:00.123Z out line 1");
    expect(entryText(entry(1, { output: "stderr" }), false)).toBe(
      "2024-01-12T16:00:00.123Z err line 1",
    );
    expect(entryText(entry(1, { is_continued: true }), false)).toMatch(/ line 1\\$/);
  });

  it("comes behind a note of the lines that were missed", () => {
    expect(entryText(entry(9, { missed: 12 }), false)).toMatch(/^… 12 lines missed …\n2024/);
    expect(entryText(entry(9, { missed: 1 }), false)).toMatch(/^… 1 line missed …\n2024/);
  });

  it("is coloured on a terminal: times dim, stderr red", () => {
    expect(entryText(entry(1, { output: "stderr", missed: 1 }), true)).toBe(
      "\x1b[2m… 1 line missed …\x1b[0m\n" +
        "\x1b[2m2024-01-12T16:00:00.123Z\x1b[0m \x1b[31merr\x1b[0m line 1",
    );
  });

  it("has no power over the terminal but for colours, which end with it", () => {
    expect(harmless("plain\ttext ü 😀")).toBe("plain\ttext ü 😀");
    expect(harmless("\x1b[31mred")).toBe("\x1b[31mred\x1b[0m");
    expect(harmless("a\x1b[2Jb\x1b]0;title\x07c\rd\x7f\x9b")).toBe("a␛[2Jb␛]0;title␇c␍d␡�");
    expect(entryText(entry(1, { text: "\x1b[2J" }), true)).toMatch(/ ␛\[2J$/);
  });

  it("is left as it was printed where it goes to a file or a program", () => {
    expect(entryText(entry(1, { text: "\x1b[2J" }), false)).toContain("\x1b[2J");
  });
});

describe("the output of a command that prints on and on", () => {
  it("waits for a slow reader", async () => {
    const stream = new PassThrough({ highWaterMark: 10 });
    const output = new LineOutput(stream);
    await output.print("short");
    let isPrinted = false;
    const printing = output.print("long enough").then(() => {
      isPrinted = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isPrinted).toBe(false);
    stream.resume();
    await printing;
  });

  it("notices that its reader went away, and waits for nobody then", async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const output = new LineOutput(stream);
    const printing = output.print("nobody reads this");
    stream.destroy(new Error("EPIPE"));
    await printing;
    expect(output.closed.aborted).toBe(true);
    await output.print("nor this");
  });
});
