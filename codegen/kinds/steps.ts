/**
 * What an encoder does, in order. Constant bytes are kept apart from code, so that neighbours melt into
 * one run: a map head, its first key and a constant value are a few wide stores.
 */
export type Step = ConstantStep | CheckStep | CodeStep;

export interface ConstantStep {
  readonly kind: "constant";
  readonly bytes: readonly number[];
  /** The bytes in words, for the comment beside them. */
  readonly spelled: string;
}

/** Looks at the value and writes nothing, so it may come before constants that stand ahead of it. */
export interface CheckStep {
  readonly kind: "check";
  readonly lines: readonly string[];
}

export interface CodeStep {
  readonly kind: "code";
  readonly lines: readonly string[];
}

export function code(...lines: readonly string[]): CodeStep {
  return { kind: "code", lines };
}

/** Ends the encoder with `false` where the value does not meet `condition`. */
export function check(condition: string): CheckStep {
  return { kind: "check", lines: [`if (!(${condition})) return false;`] };
}

/** The head of a map of `count` fields, a number known now. */
export function mapHead(count: number): ConstantStep {
  const bytes = count < 16 ? [0x80 | count] : [0xde, count >> 8, count & 0xff];
  return { kind: "constant", bytes, spelled: count === 0 ? "empty map" : `map of ${count}:` };
}

/** Text that is always the same, such as a key. */
export function constantText(text: string): ConstantStep {
  const utf8 = [...new TextEncoder().encode(text)];
  return { kind: "constant", bytes: [...textHead(utf8.length), ...utf8], spelled: quote(text) };
}

/** How an envelope begins that has its required fields only, up to the 36 characters of the id. */
export function envelopeHead(type: string): ConstantStep {
  const fields = [mapHead(5), constantText("type"), constantText(type), constantText("id")];
  const uuid: ConstantStep = { kind: "constant", bytes: [0xd9, 36], spelled: "text of 36" };
  return [...fields, uuid].reduce(joined);
}

export function constantBoolean(value: boolean): ConstantStep {
  return { kind: "constant", bytes: [value ? 0xc3 : 0xc2], spelled: String(value) };
}

/** Size of the MessagePack head of text or bytes of `size`. */
export function headSize(size: number): number {
  if (size < 32) return 1;
  if (size < 0x100) return 2;
  return size < 0x1_0000 ? 3 : 5;
}

/** Size of the MessagePack head of an array or map of `count`. */
export function countHeadSize(count: number): number {
  if (count < 16) return 1;
  return count < 0x1_0000 ? 3 : 5;
}

/** The statements of `steps`. Each run has a block of its own, unless it is the only one. */
export function layOut(steps: readonly Step[]): readonly string[] {
  const runs = joinNeighbours(steps);
  const isAlone = runs.filter(({ kind }) => kind === "constant").length === 1;
  return runs.flatMap((step) => {
    if (step.kind !== "constant") return step.lines;
    return isAlone ? stores(step) : ["{", ...stores(step), "}"];
  });
}

function joinNeighbours(steps: readonly Step[]): readonly Step[] {
  const runs: Step[] = [];
  for (const step of steps) {
    const last = runs.at(-1);
    if (step.kind === "constant" && last?.kind === "constant")
      runs.splice(-1, 1, joined(last, step));
    else if (step.kind === "check" && last?.kind === "constant") runs.splice(-1, 0, step);
    else runs.push(step);
  }
  return runs;
}

function joined(first: ConstantStep, second: ConstantStep): ConstantStep {
  return {
    kind: "constant",
    bytes: [...first.bytes, ...second.bytes],
    spelled: `${first.spelled} ${second.spelled}`,
  };
}

/** A run as stores of four bytes. The last one overlaps the one before rather than be narrower. */
function stores({ bytes, spelled }: ConstantStep): readonly string[] {
  return [
    `// ${spelled}`,
    `writer.reserve(${bytes.length});`,
    "const { view, offset } = writer;",
    ...storeOffsets(bytes.length).map((from) => store(bytes, from)),
    `writer.offset = offset + ${bytes.length};`,
  ];
}

function storeOffsets(size: number): readonly number[] {
  if (size < 4) return Array.from({ length: size }, (_, index) => index);
  const offsets = Array.from({ length: Math.floor(size / 4) }, (_, index) => index * 4);
  return size % 4 === 0 ? offsets : [...offsets, size - 4];
}

function store(bytes: readonly number[], from: number): string {
  const { width, hex, at } = word(bytes, from);
  return `view.setUint${width * 8}(${at}, 0x${hex});`;
}

function word(bytes: readonly number[], from: number) {
  const width = bytes.length < 4 ? 1 : 4;
  const hex = bytes.slice(from, from + width).map((byte) => byte.toString(16).padStart(2, "0"));
  return { width, hex: hex.join(""), at: from === 0 ? "offset" : `offset + ${from}` };
}

function textHead(size: number): readonly number[] {
  if (size < 32) return [0xa0 | size];
  if (size < 0x100) return [0xd9, size];
  return [0xda, size >> 8, size & 0xff];
}

/** In quotes, and without anything that would end the comment it stands in. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A condition under which the next bytes of a `reader` are not these, as loads of four bytes. */
export function differs(bytes: readonly number[]): string {
  const tests = storeOffsets(bytes.length).map((from) => {
    const { width, hex, at } = word(bytes, from);
    return `view.getUint${width * 8}(${at}) !== 0x${hex}`;
  });
  return tests.join(" || ");
}
