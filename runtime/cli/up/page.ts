import type { Member } from "../../index.js";
import { counted } from "../print.js";
import { type Interval, shortIntervalsText } from "./intervals.js";
import type { Line, Size, Style } from "./terminal.js";
import type { TypeTraffic } from "./traffic.js";

/** What the live view shows. */
export interface View {
  readonly cluster: string;
  readonly phase: "starting" | "running" | "stopping";
  readonly uptimeMs: number;
  readonly processCount: number;
  readonly intervals: readonly Interval[];
  /** As the controller sees them. */
  readonly members: readonly Member[];
  /** One line for each instance and service. */
  readonly instances: readonly string[];
  readonly files: string;
  readonly traffic: readonly TypeTraffic[];
  /** The latest last. */
  readonly events: readonly string[];
}

/**
 * Lays the live view out for a terminal; made so that four members fit 80 columns and 24 rows, and with them
 * the types with most messages; the summary at the end has them all.
 */
export function page(view: View, { columns, rows }: Size): Line[] {
  const head = [
    line(titleOf(view), "bold"),
    line(shortIntervalsText(view.intervals), "dim"),
    line(headLine(MEMBER_HEAD, columns), "inverse"),
  ];
  const work = [...view.instances, view.files].map((text) => line(text));
  const seen = view.traffic.filter(({ sent, received }) => sent + received > 0);
  const members = inColumns(inOrder(view.members).map(memberCell), columns).map((text) =>
    line(text),
  );
  // Members give way to some messages and these to events, so that something of each is always there.
  const room = rows - head.length - work.length - 1;
  const messageRows = Math.min(MESSAGE_ROWS_MIN, Math.ceil(seen.length / columnCount(columns)));
  const shownMembers = clipped(members, Math.max(2, room - messageRows - EVENT_ROWS_MIN));
  const messageRoom = Math.max(3, room - shownMembers.length - EVENT_ROWS_MIN);
  const cells = messageCells(seen, messageRoom * columnCount(columns));
  const shownMessages = inColumns(cells, columns).map((text) => line(text));
  const eventRoom = Math.max(0, room - shownMembers.length - shownMessages.length);
  return [
    ...head,
    ...shownMembers,
    ...work,
    line(headLine(MESSAGE_HEAD, columns), "inverse"),
    ...shownMessages,
    ...lastOf(view.events, eventRoom).map((text) => line(text, "dim")),
  ];
}

function titleOf({ cluster, phase, uptimeMs, processCount, members }: View): string {
  const alive = members.filter(({ state }) => state === "alive").length;
  const seconds = Math.floor(uptimeMs / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const hint = phase === "running" ? "Ctrl-C stops everything" : `${phase} …`;
  const life = `${alive} of ${processCount} processes alive`;
  return `rnp up  cluster ${cluster}  ${life}  ${clock}  ${hint}`;
}

/** By name, node-2 before node-10. */
function inOrder(members: readonly Member[]): Member[] {
  return [...members].sort((a, b) => a.node.localeCompare(b.node, "en", { numeric: true }));
}

function memberCell({ node, state, address }: Member): string {
  return `${fit(node, 12)} ${fit(state, 7)} ${address ?? "-"}`;
}

function messageCell({ type, sent, received, p50Ms, p99Ms }: TypeTraffic): string {
  const numbers = [formatCount(sent), formatCount(received), shortMs(p50Ms), shortMs(p99Ms)];
  return `${fit(type, 18)}${numbers.map((text) => text.padStart(5)).join("")}`;
}

/** The types that have the most messages, where not all fit, in their usual order. */
function messageCells(seen: readonly TypeTraffic[], countMax: number): string[] {
  if (seen.length <= countMax) return seen.map(messageCell);
  const byCount = [...seen].sort((a, b) => b.received - a.received);
  const shown = new Set(byCount.slice(0, countMax - 1));
  const rest = `… ${counted(seen.length - shown.size, "rarer type")}`;
  return [...seen.filter((each) => shown.has(each)).map(messageCell), rest];
}

/** As many as fit with nothing cut off, but one in any case. */
function columnCount(columns: number): number {
  return Math.max(1, Math.floor((columns + GAP.length) / (CELL_WIDTH + GAP.length)));
}

/** Cells side by side in columns, filled downwards. */
function inColumns(cells: readonly string[], columns: number): string[] {
  const count = columnCount(columns);
  const width = Math.floor((columns + GAP.length) / count) - GAP.length;
  const rows = Math.ceil(cells.length / count);
  return Array.from({ length: rows }, (_, row) => {
    const inRow = cells.filter((_, index) => index % rows === row);
    return inRow
      .map((cell) => fit(cell, width))
      .join(GAP)
      .trimEnd();
  });
}

/** The same head over each column. */
function headLine(head: string, columns: number): string {
  return inColumns(Array<string>(columnCount(columns)).fill(head), columns)[0]!;
}

function clipped(lines: readonly Line[], countMax: number): Line[] {
  if (lines.length <= countMax) return [...lines];
  const hidden = lines.length - countMax + 1;
  return [...lines.slice(0, countMax - 1), line(`… ${counted(hidden, "more line")}`, "dim")];
}

function lastOf(events: readonly string[], count: number): readonly string[] {
  return count === 0 ? [] : events.slice(-count);
}

/** At most five characters: `9999`, `12k`, `1.2M`. */
function formatCount(count: number): string {
  if (count < 10_000) return String(count);
  if (count < 1_000_000) return `${Math.floor(count / 1000)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

/** At most four characters. Ages on arrival are whole milliseconds, so below one nothing is known. */
function shortMs(ms: number | undefined): string {
  if (ms === undefined) return "-";
  if (ms === 0) return "<1";
  if (Number.isInteger(ms) && ms < 10_000) return String(ms);
  if (ms < 10) return ms.toFixed(ms < 1 ? 2 : 1);
  return ms < 10_000 ? ms.toFixed(0) : `${(ms / 1000).toFixed(0)}s`;
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

function line(text: string, style: Style = "plain"): Line {
  return { text, style };
}

const GAP = "  ";
const MEMBER_HEAD = `${"MEMBER".padEnd(12)} ${"STATE".padEnd(7)} ADDRESS`;
const MESSAGE_HEAD = `${"MESSAGE".padEnd(18)} SENT RECV  P50  P99`;
const CELL_WIDTH = 38;
const EVENT_ROWS_MIN = 3;
/** With fewer, members give way. */
const MESSAGE_ROWS_MIN = 8;
