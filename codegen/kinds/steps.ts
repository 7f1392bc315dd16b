/**
 * What an encoder does, in order. Constant bytes are kept apart from code, so that neighbours melt into
 * one run: a map head, its first key and a constant value are a few wide stores.
 */
export type Step = ConstantStep | CheckStep | PutStep | CodeStep;

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

/** Writes one value into memory that the neighbours reserve together with it. */
export interface PutStep {
  readonly kind: "put";
  /** The most bytes that it takes, texts apart. */
  readonly size: number;
  /** A text that takes up to three bytes for each unit of its length, on top of `size`. */
  readonly text?: string;
  /** An expression that writes at the offset `at` and gives the one behind. */
  put(at: string): string;
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

/** Writes one value with one of the functions of `runtime/wire/put.ts`. */
export function put(size: number, expression: (at: string) => string, text?: string): PutStep {
  return { kind: "put", size, put: expression, ...(text === undefined ? {} : { text }) };
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

/**
 * The statements of `steps`. Constants and values that stand together are one stretch: all checks first,
 * memory for all of it at once, then straight-line stores.
 */
export function layOut(steps: readonly Step[]): readonly string[] {
  const lines: string[] = [];
  let stretch: Stretch = { checks: [], parts: [] };
  for (const step of steps) {
    if (step.kind === "check") stretch.checks.push(...step.lines);
    else if (step.kind === "code") {
      lines.push(...stretchLines(stretch), ...step.lines);
      stretch = { checks: [], parts: [] };
    } else addPart(stretch.parts, step);
  }
  return [...lines, ...stretchLines(stretch)];
}

/** The body of a function that puts a run at `at` and returns the offset behind it. */
export function putLines({ bytes, spelled }: ConstantStep): readonly string[] {
  return [`// ${spelled}`, ...storesOf(bytes, 0), `return at + ${bytes.length};`];
}

interface Stretch {
  readonly checks: string[];
  readonly parts: (ConstantStep | PutStep)[];
}

/** Neighbouring constants melt into one run. */
function addPart(parts: (ConstantStep | PutStep)[], step: ConstantStep | PutStep): void {
  const last = parts.at(-1);
  if (step.kind === "constant" && last?.kind === "constant")
    parts.splice(-1, 1, joined(last, step));
  else parts.push(step);
}

export function joined(first: ConstantStep, second: ConstantStep): ConstantStep {
  return {
    kind: "constant",
    bytes: [...first.bytes, ...second.bytes],
    spelled: `${first.spelled} ${second.spelled}`,
  };
}

function stretchLines({ checks, parts }: Stretch): readonly string[] {
  if (parts.length === 0) return checks;
  const texts = parts.flatMap((part) => (part.kind === "put" && part.text ? [part.text] : []));
  const moves = parts.some((part) => part.kind === "put");
  const stores: string[] = [];
  let ahead = 0;
  for (const part of parts) {
    if (part.kind === "constant") {
      stores.push(`// ${part.spelled}`, ...storesOf(part.bytes, ahead));
      ahead += part.bytes.length;
    } else {
      stores.push(`at = ${part.put(offsetBy("at", ahead))};`);
      ahead = 0;
    }
  }
  const usesView = parts.some((part) => part.kind === "constant" || part.text === undefined);
  const memory = [...(texts.length > 0 ? ["buffer"] : []), ...(usesView ? ["view"] : [])];
  return [
    ...checks,
    "{",
    `${moves ? "let" : "const"} at = writer.reserve(${reserved(parts, texts)});`,
    `const { ${memory.join(", ")} } = writer;`,
    ...stores,
    `writer.offset = ${offsetBy("at", ahead)};`,
    "}",
  ];
}

function reserved(parts: Stretch["parts"], texts: readonly string[]): string {
  const sizes = parts.map((part) => (part.kind === "put" ? part.size : part.bytes.length));
  const fixed = sizes.reduce((sum, size) => sum + size, 0);
  const lengths = texts.map((text) => `${text}.length`).join(" + ");
  if (texts.length === 0) return String(fixed);
  return `${fixed} + 3 * ${texts.length === 1 ? lengths : `(${lengths})`}`;
}

function offsetBy(base: string, ahead: number): string {
  return ahead === 0 ? base : `${base} + ${ahead}`;
}

/** A run as stores of four bytes. The last one overlaps the one before rather than be narrower. */
function storesOf(bytes: readonly number[], ahead: number): readonly string[] {
  return storeOffsets(bytes.length).map((from) => {
    const { bits, hex } = word(bytes, from);
    return `view.setUint${bits}(${offsetBy("at", ahead + from)}, 0x${hex});`;
  });
}

function storeOffsets(size: number): readonly number[] {
  if (size < 4) return Array.from({ length: size }, (_, index) => index);
  const offsets = Array.from({ length: Math.floor(size / 4) }, (_, index) => index * 4);
  return size % 4 === 0 ? offsets : [...offsets, size - 4];
}

function word(bytes: readonly number[], from: number) {
  const width = bytes.length < 4 ? 1 : 4;
  const hex = bytes.slice(from, from + width).map((byte) => byte.toString(16).padStart(2, "0"));
  return { bits: width * 8, hex: hex.join("") };
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
    const { bits, hex } = word(bytes, from);
    return `view.getUint${bits}(${offsetBy("offset", from)}) !== 0x${hex}`;
  });
  return tests.join(" || ");
}
