/** A payload that our profile of MessagePack refuses, and what it tries. */
export interface HostilePayload {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const BY_HEX: Readonly<Record<string, string>> = {
  "an array of 32 Mi items in 5 bytes": "dd02000000",
  "three of these in one another": "dd02000000dd02000000dd02000000",
  "an array of 4 Gi items": "ddffffffff",
  "a short array of too many items": "9f01",
  "a map of 4 Gi entries": "dfffffffff",
  "a map of 65,535 entries": "deffff",
  "bytes of 2 GiB": "c67fffffff",
  "a text of 4 GiB": "dbffffffff",
  "an extension of 4 GiB": "c9ffffffff01",
  "a key __proto__": "81a95f5f70726f746f5f5f81a8706f6c6c75746564c3",
  "a key __proto__ in a wide head": "81d9095f5f70726f746f5f5f80",
  "a key __proto__, nested": "81a16181a95f5f70726f746f5f5f80",
  "a key twice": "82a16101a16102",
  "a key twice in two forms": "82a16101d9016102",
  "a number as key": "810102",
  "nil as key": "81c002",
  "a map as key": "818002",
  "bytes as key": "81c4016102",
  "text that is no UTF-8": "a2fffe",
  "an overlong slash": "a2c0af",
  "a surrogate in UTF-8": "a3eda080",
  "a character above U+10FFFF": "a4f4908080",
  "text cut inside a character": "a1c3",
  "a key that is no UTF-8": "81a2fffe01",
  "the unused marker": "c1",
  "the unused marker in an array": "91c1",
  "a byte behind the end": "8000",
  "another message behind the end": "8080",
  "an extension": "d47001",
  "an extension that refers to itself": "d6700000000091d67000000000",
  "an extension of no bytes": "c70005",
  "a fixed extension cut short": "d801ff",
  "a timestamp of 32 bits": "d6ff00000000",
  "a timestamp with too many nanoseconds": "d7fffffffffc00000000",
  "a class of msgpackr": "d4724091a161",
  "nothing at all": "",
  "a head without its size": "dc",
  "a text without its size": "d9",
  "a float cut short": "cb7ff0",
};

const DEEP_LEVEL_COUNT = 100_000;

function repeated(hex: string, count: number, end = ""): Buffer {
  return Buffer.concat([
    Buffer.alloc((hex.length / 2) * count, hex, "hex"),
    Buffer.from(end, "hex"),
  ]);
}

/** All of them, by name. */
export const HOSTILE_PAYLOADS: readonly HostilePayload[] = [
  ...Object.entries(BY_HEX).map(([name, hex]) => ({ name, bytes: Buffer.from(hex, "hex") })),
  { name: "100,000 arrays in one another", bytes: repeated("91", DEEP_LEVEL_COUNT, "c0") },
  { name: "100,000 arrays without an end", bytes: repeated("91", DEEP_LEVEL_COUNT) },
  { name: "100,000 maps in one another", bytes: repeated("81a161", DEEP_LEVEL_COUNT, "c0") },
  { name: "maps and arrays by turns", bytes: repeated("9181a161", 20, "c0") },
  { name: "33 arrays in one another", bytes: repeated("91", 33, "c0") },
];

/** What MessagePack allows and no number of ours may be. */
export const HOSTILE_NUMBERS: readonly HostilePayload[] = Object.entries({
  NaN: "cb7ff8000000000000",
  "a signalling NaN": "cb7ff0000000000001",
  infinity: "cb7ff0000000000000",
  "minus infinity": "cbfff0000000000000",
  "a short NaN": "ca7fc00000",
  "the largest uint64": "cfffffffffffffffff",
  "2^53 as an integer": "cf0020000000000000",
  "2^53 as a float": "cb4340000000000000",
  "the smallest int64": "d38000000000000000",
  "half of one": "cb3fe0000000000000",
  "a bigint just over 2^53": "cf0020000000000001",
}).map(([name, hex]) => ({ name, bytes: Buffer.from(hex, "hex") }));
