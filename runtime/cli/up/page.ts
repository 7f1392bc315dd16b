import type { Member } from "../../index.js";
import { counted } from "../print.js";
import { shortIntervalsText } from "./intervals.js";
import type { Line, Size, Style } from "./terminal.js";
import type { TypeTraffic } from "./traffic.js";

/** What the live view shows. */
export interface View {
  readonly cluster: string;
  readonly phase: "starting" | "running" | "stopping";
  readonly uptimeMs: number;
  readonly processCount: number;
  /** As the controller sees them. */
  readonly members: readonly Member[];
  /** One line for each instance and service. */
  readonly instances: readonly string[];
  readonly files: string;
  readonly traffic: readonly TypeTraffic[];
  /** The latest last. */
  readonly events: readonly string[];
}

/** Lays the live view out for a terminal; made so that four members fit 80 columns and 24 rows. */
export function page(view: View, { columns, rows }: Size): Line[] {
  const head = [
    line(titleOf(view), "bold"),
    line(shortIntervalsText(), "dim"),
    line(inColumns([MEMBER_HEAD, MEMBER_HEAD], columns)[0]!, "inverse"),
  ];
  const work = [...view.instances, view.files].map((text) => line(text));
  const messages = view.traffic
    .filter(({ sent, received }) => sent + received > 0)
    .map(messageCell);
  const messageLines = inColumns(messages, columns).map((text) => line(text));
  const members = inColumns(inOrder(view.members).map(memberCell), columns).map((text) =>
    line(text),
  );
  // Members give way to messages and these to events, so that something of each is always there.
  const room = rows - head.length - work.length - 1;
  const shownMembers = clipped(members, Math.max(2, room - messageLines.length - EVENT_ROWS_MIN));
  const messageRoom = room - shownMembers.length - EVENT_ROWS_MIN;
  const shownMessages = clipped(messageLines, Math.max(3, messageRoom));
  const eventRoom = Math.max(0, room - shownMembers.length - shownMessages.length);
  return [
    ...head,
    ...shownMembers,
    ...work,
    line(inColumns([MESSAGE_HEAD, MESSAGE_HEAD], columns)[0]!, "inverse"),
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

/** Cells side by side in two columns, filled downwards. */
function inColumns(cells: readonly string[], columns: number): string[] {
  const width = Math.floor((columns - GAP.length) / 2);
  const count = Math.ceil(cells.length / 2);
  return Array.from({ length: count }, (_, row) => {
    const left = fit(cells[row]!, width);
    const right = cells[row + count] ?? "";
    return `${left}${GAP}${right}`.trimEnd();
  });
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
const EVENT_ROWS_MIN = 3;
