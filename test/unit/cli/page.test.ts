import { describe, expect, it } from "vitest";
import { intervalsOf, timingFor } from "../../../runtime/cli/up/intervals.js";
import { page, type View } from "../../../runtime/cli/up/page.js";
import { type Line, Terminal } from "../../../runtime/cli/up/terminal.js";
import type { Member } from "../../../runtime/index.js";

const CLASSIC = { columns: 80, rows: 24 };

function memberOf(node: string): Member {
  const facts = { role: "node", capabilities: [], metadata: {}, since: 0 } as const;
  return { node, state: "alive", address: "127.0.0.1:40123", ...facts };
}

function trafficOf(count: number) {
  return Array.from({ length: count }, (_, index) => {
    return { type: `type.${index}`, sent: 20_000, received: 7, p50Ms: 0, p99Ms: 12.34 };
  });
}

function viewOf(facts: Partial<View> = {}): View {
  return {
    cluster: "demo",
    phase: "running",
    uptimeMs: 61_000,
    processCount: 4,
    intervals: intervalsOf(timingFor(undefined)),
    members: ["node-10", "node-2", "controller", "node-1"].map(memberOf),
    instances: ["clock-1 running on node-2, pid 32064, 127.0.0.1:46785, clock healthy"],
    files: "files: 3 written, 9 replicas verified by SHA-256; 630 pings",
    traffic: trafficOf(25),
    events: Array.from({ length: 50 }, (_, index) => `event ${index}`),
    ...facts,
  };
}

function textsOf(lines: readonly Line[]): string[] {
  return lines.map(({ text }) => text);
}

describe("the live view of rnp up", () => {
  it("fits a classic terminal with four members, every message and the latest events", () => {
    const texts = textsOf(page(viewOf(), CLASSIC));
    expect(texts).toHaveLength(CLASSIC.rows);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(CLASSIC.columns);
    expect(texts.filter((text) => text.includes("type.")).join()).toContain("type.24");
    expect(texts.at(-1)).toBe("event 49");
  });

  it("keeps to the types with the most messages, in their order, where not all fit", () => {
    const rare = { type: "rare", sent: 1, received: 1, p50Ms: 0, p99Ms: 0 };
    const busy = { type: "busy", sent: 9, received: 9, p50Ms: 0, p99Ms: 0 };
    const traffic = [rare, ...trafficOf(30), busy];
    const texts = textsOf(page(viewOf({ traffic }), CLASSIC));
    expect(texts).toHaveLength(CLASSIC.rows);
    expect(texts.join("\n")).not.toMatch(/^rare| {2}rare/m);
    expect(texts[19]).toMatch(/^type\.11 .* busy /);
    expect(texts[20]).toMatch(/^type\.12 .* … 7 rarer types$/);
    expect(texts.at(-1)).toBe("event 49");
  });

  it("has as many columns as fit: one in a narrow terminal, three in a wide one", () => {
    const narrow = textsOf(page(viewOf(), { columns: 60, rows: 40 }));
    expect(narrow.filter((text) => text.startsWith("MEMBER"))).toEqual([
      "MEMBER       STATE   ADDRESS",
    ]);
    expect(narrow).toContain("node-2       alive   127.0.0.1:40123");
    expect(narrow.filter((text) => text.startsWith("type."))).toHaveLength(25);
    const wide = textsOf(page(viewOf(), { columns: 120, rows: 24 }));
    expect(wide.find((text) => text.startsWith("MESSAGE"))).toMatch(/(MESSAGE .*P99 *){3}/);
    expect(wide.filter((text) => text.startsWith("type."))).toHaveLength(9);
  });

  it("says beside each shortened interval what the specification has", () => {
    expect(textsOf(page(viewOf(), CLASSIC))[1]).toBe(
      "heartbeat 1 s (specified 10), announce 3 (30), suspect 3.1 (31), dead 3.6 (36)",
    );
  });

  it("sorts members by name, numbers as numbers, in columns", () => {
    const texts = textsOf(page(viewOf(), CLASSIC));
    expect(texts[3]).toMatch(/^controller .* node-2 /);
    expect(texts[4]).toMatch(/^node-1 .* node-10 /);
  });

  it("shortens large counts, and ages that the clock cannot tell", () => {
    const row = textsOf(page(viewOf(), CLASSIC)).find((text) => text.startsWith("type.0 "));
    expect(row).toMatch(/^type\.0 +20k +7 +<1 +12 /);
  });

  it("says how much it leaves out where there are too many members", () => {
    const members = Array.from({ length: 30 }, (_, index) => memberOf(`node-${index}`));
    const texts = textsOf(page(viewOf({ members }), CLASSIC));
    expect(texts).toHaveLength(CLASSIC.rows);
    expect(texts).toContain("… 9 more lines");
    expect(texts.at(-1)).toBe("event 49");
  });

  it("shows all members and more events where there is room", () => {
    const members = Array.from({ length: 30 }, (_, index) => memberOf(`node-${index}`));
    const texts = textsOf(page(viewOf({ members }), { columns: 120, rows: 60 }));
    expect(texts).toHaveLength(60);
    expect(texts.join()).toContain("node-29");
    expect(texts).toContain("event 30");
  });

  it("leaves out types that nobody has sent", () => {
    const traffic = [{ type: "error", sent: 0, received: 0, p50Ms: undefined, p99Ms: undefined }];
    expect(textsOf(page(viewOf({ traffic }), CLASSIC)).join()).not.toContain("error");
  });
});

describe("the terminal under it", () => {
  function open(size: { columns?: number; rows?: number } = CLASSIC) {
    let written = "";
    const write = (text: string) => {
      written += text;
    };
    const terminal = new Terminal({ ...size, write });
    terminal.open();
    const take = () => {
      const text = written;
      written = "";
      return text;
    };
    take();
    return { terminal, take };
  }

  it("draws in place, never clearing more than the rest of what it has overwritten", () => {
    const { terminal, take } = open();
    terminal.draw([
      { text: "one", style: "plain" },
      { text: "two", style: "bold" },
    ]);
    expect(take()).toBe("\x1b[?2026h\x1b[Hone\x1b[K\r\n\x1b[1mtwo\x1b[0m\x1b[K\x1b[J\x1b[?2026l");
  });

  it("cuts what is too long or too much", () => {
    const { terminal, take } = open({ columns: 4, rows: 1 });
    terminal.draw([
      { text: "abcdef", style: "plain" },
      { text: "below", style: "plain" },
    ]);
    const text = take();
    expect(text).toContain("abc…");
    expect(text).not.toContain("below");
  });

  it("gives the terminal back once, cursor and all, and draws no more", () => {
    const { terminal, take } = open();
    terminal.close();
    terminal.close();
    terminal.draw([{ text: "late", style: "plain" }]);
    expect(take()).toBe("\x1b[?25h\x1b[?1049l");
  });

  it("takes a terminal that does not tell its size for the classic one", () => {
    expect(open({}).terminal.size).toEqual(CLASSIC);
  });
});
