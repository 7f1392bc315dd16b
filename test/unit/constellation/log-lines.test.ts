import { describe, expect, it } from "vitest";
import { LineQueue } from "../../../runtime/constellation/line-queue.js";
import { LINE_LENGTH_MAX, LineSplitter } from "../../../runtime/constellation/line-splitter.js";
import { formatLine, parseLine } from "../../../runtime/constellation/log-line.js";

/** What comes out of a splitter: a line, or `text…` where it goes on. */
function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((text, isContinued) => {
    lines.push(isContinued ? `${text}…` : text);
  });
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe("the output of a program", () => {
  it("is cut at its line ends, wherever its chunks end", () => {
    expect(split("one\ntw", "o\n", "", "\nfour")).toEqual(["one", "two", "", "four"]);
    expect(split("a\r\nb\r", "\nc\rd\n")).toEqual(["a", "b", "c\rd"]);
    expect(split("")).toEqual([]);
  });

  it("keeps characters whole that chunks cut in two, and replaces what is none", () => {
    const bytes = Buffer.from("grün\n");
    expect(split(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(["grün"]);
    expect(split(Buffer.from([0x61, 0xff, 0x0a, 0xc3]))).toEqual(["a\ufffd", "\ufffd"]);
  });

  it("comes in parts where a line is too long, and a part never ends within a character", () => {
    const full = "x".repeat(LINE_LENGTH_MAX);
    expect(split(`${full}\n`)).toEqual([full]);
    expect(split(`${full}\r\n`, `${full}\r`, "\n")).toEqual([full, full]);
    expect(split(`${full}y\n`)).toEqual([`${full}…`, "y"]);
    expect(split(full, full, "y", "\n")).toEqual([`${full}…`, `${full}…`, "y"]);
    const short = full.slice(1);
    expect(split(`${short}😀\n`)).toEqual([`${short}…`, "😀"]);
  });

  it("is taken from a program that never ends a line", () => {
    const lines = split(...Array.from({ length: 10 }, () => "z".repeat(10_000)));
    expect(lines.map((line) => line.replace("…", "").length)).toEqual([
      ...Array.from({ length: 12 }, () => LINE_LENGTH_MAX),
      100_000 - 12 * LINE_LENGTH_MAX,
    ]);
  });
});

describe("a line in a file", () => {
  it("can be read by people, and comes back as it was", () => {
    const line = {
      sequence: 17,
      timestamp: 1705075200123,
      output: "stderr",
      text: "a  b ",
    } as const;
    expect(formatLine({ ...line, isContinued: false })).toBe(
      "17 2024-01-12T16:00:00.123Z stderr F a  b \n",
    );
    for (const text of ["", " ", "a\rb\u2028c", "7 stdout F x"]) {
      for (const isContinued of [true, false]) {
        const written = formatLine({ ...line, text, isContinued });
        expect(parseLine(written.slice(0, -1))).toEqual({ ...line, text, isContinued });
      }
    }
  });

  it("is none where the instance itself wrote into the file", () => {
    for (const text of [
      "",
      "hello",
      "0 2024-01-12T16:00:00.123Z stdout F x",
      "5 today stdout F x",
    ]) {
      expect(parseLine(text)).toBeUndefined();
    }
    expect(parseLine("5 2024-99-12T16:00:00.123Z stdout F x")).toBeUndefined();
  });
});

describe("lines that wait for the disk", () => {
  const text = (bytes: Buffer) => bytes.toString();

  it("are taken in order, as many at once as fit and one at least", () => {
    const queue = new LineQueue(1000);
    for (const [index, line] of ["aa\n", "bb\n", "c".repeat(50), "d\n"].entries()) {
      expect(queue.push(index + 5, line)).toBe(0);
    }
    expect(queue.take(7)).toEqual({ first: 5, last: 6, bytes: Buffer.from("aa\nbb\n") });
    expect(queue.take(7)).toMatchObject({ first: 7, last: 7 });
    expect(queue.take(7)).toMatchObject({ first: 8, last: 8 });
    expect(queue.count).toBe(0);
  });

  it("are never more than the queue may hold: the oldest go, and say so", () => {
    const queue = new LineQueue(10);
    expect([1, 2, 3].map((each) => queue.push(each, `${each}\n`.padStart(4)))).toEqual([0, 0, 1]);
    expect(queue.push(4, "x".repeat(100))).toBe(2);
    expect(text(queue.take(1).bytes)).toBe("x".repeat(100));
    expect(queue.push(9, "y")).toBe(0);
    expect(queue.take(1)).toEqual({ first: 9, last: 9, bytes: Buffer.from("y") });
  });

  it("keep their numbers over very many pushes and takes", () => {
    const queue = new LineQueue(1000);
    let expected = 1;
    for (let sequence = 1; sequence <= 10_000; sequence++) {
      queue.push(sequence, `${sequence}\n`);
      if (sequence % 7 !== 0) continue;
      const { first, last, bytes } = queue.take(20);
      expect(first).toBeGreaterThanOrEqual(expected);
      const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      expect(text(bytes)).toBe(`${numbers.join("\n")}\n`);
      expected = last + 1;
    }
  });
});
