import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatSeconds,
  progressLine,
  secondsLeft,
} from "../../../runtime/cli/transfer/progress-line.js";
import { Rate } from "../../../runtime/cli/transfer/rate.js";
import { barView, jsonView, linesView } from "../../../runtime/cli/transfer/views.js";

const MIB = 1024 ** 2;

function view(bytes: number, total_bytes = 100 * MIB, state = "transferring") {
  const progress = { instance_id: "inst-1", bytes, total_bytes, state };
  return {
    progress,
    from: "node-1",
    to: "node-2",
    bytesPerSecond: (10 * MIB) as number | undefined,
  };
}

/** A terminal that remembers what was written. */
function screen(columns?: number) {
  let written = "";
  const write = (text: string) => (written += text);
  return { ...(columns === undefined ? {} : { columns }), write, text: () => written };
}

describe("the line of a transfer's progress", () => {
  it("has a bar and the figures", () => {
    const line = progressLine(view(50 * MIB), 100);
    expect(line).toMatch(
      /^inst-1 {2}node-1 → node-2 {2}(█+)(░+) {3}50% {2}5 s left {2}10\.0 MiB\/s {2}50\.0 MiB of 100 MiB$/,
    );
    expect(line).toHaveLength(100);
  });

  it.each([120, 79, 60, 40, 30, 20, 10, 5])("fits into %i columns", (columns) => {
    for (const bytes of [0, 50 * MIB, 100 * MIB]) {
      expect(progressLine(view(bytes), columns).length).toBeLessThanOrEqual(columns);
    }
  });

  it("keeps the share of the way longest where there is little room", () => {
    expect(progressLine(view(50 * MIB), 60)).toMatch(/█+░+ {2} 50%/);
    expect(progressLine(view(50 * MIB), 20)).toContain("50%");
  });

  it("is full at the end, and empty at the beginning", () => {
    expect(progressLine(view(100 * MIB), 79)).not.toContain("░");
    expect(progressLine(view(0), 79)).not.toContain("█");
  });

  it.each([
    ["transferring", 0, "stopping it"],
    ["starting", 100, "starting there"],
    ["done", 100, "done"],
  ])("says what %s means", (state, total, words) => {
    expect(progressLine(view(total, total, state), 79)).toContain(words);
  });
});

describe("figures", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1536, "1.5 KiB"],
    [200 * MIB, "200 MiB"],
    [1.5 * 1024 ** 3, "1.5 GiB"],
    [2048 * 1024 ** 4, "2048 TiB"],
  ])("of %d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0.2, "1 s"],
    [59, "59 s"],
    [61, "1 min 1 s"],
    [4800, "1 h 20 min"],
  ])("of %d seconds are %s", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  it("of the time left need a rate", () => {
    expect(secondsLeft(view(50 * MIB))).toBe(5);
    expect(secondsLeft({ ...view(50 * MIB), bytesPerSecond: undefined })).toBeUndefined();
    expect(secondsLeft({ ...view(50 * MIB), bytesPerSecond: 0 })).toBeUndefined();
  });
});

describe("the rate", () => {
  it("is that of the last seconds, not of the whole", () => {
    const rate = new Rate();
    for (let second = 0; second <= 20; second++) rate.record(second * 1000, Math.min(10, second));
    expect(rate.bytesPerSecond).toBe(0);
  });

  it("is not known from a moment only", () => {
    const rate = new Rate();
    expect(rate.bytesPerSecond).toBeUndefined();
    rate.record(0, 0);
    rate.record(100, 1000);
    expect(rate.bytesPerSecond).toBeUndefined();
    rate.record(1000, 2000);
    expect(rate.bytesPerSecond).toBe(2000);
  });
});

describe("a view", () => {
  it("draws the bar in place, within the width of the terminal", () => {
    const terminal = screen(50);
    const bar = barView(terminal);
    for (const bytes of [0, 50 * MIB]) bar.show(view(bytes));
    bar.close();
    const drawn = terminal.text().split("\r").slice(1);
    expect(drawn).toHaveLength(2);
    for (const line of drawn) expect(line.trimEnd().replace("\x1b[K", "").length).toBeLessThan(50);
    expect(terminal.text().endsWith("\n")).toBe(true);
  });

  it("prints nothing where nothing was shown", () => {
    const terminal = screen(50);
    barView(terminal).close();
    expect(terminal.text()).toBe("");
  });

  it("for a log has a line for each tenth and each state", () => {
    const log = screen();
    const lines = linesView(log);
    for (let mib = 0; mib <= 100; mib++) lines.show(view(mib * MIB));
    lines.show(view(100 * MIB, 100 * MIB, "starting"));
    const printed = log.text().trimEnd().split("\n");
    expect(printed).toHaveLength(12);
    expect(printed[5]).toBe("inst-1: node-1 → node-2: transferring, 50% of 100 MiB");
    expect(printed[11]).toBe("inst-1: node-1 → node-2: starting");
  });

  it("for programs has a value a line", () => {
    const output = screen();
    jsonView(output).show(view(50 * MIB));
    expect(JSON.parse(output.text())).toEqual({
      event: "progress",
      instance_id: "inst-1",
      from: "node-1",
      to: "node-2",
      state: "transferring",
      bytes: 50 * MIB,
      total_bytes: 100 * MIB,
      bytes_per_second: 10 * MIB,
    });
  });
});
