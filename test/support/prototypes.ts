const WATCHED: readonly (readonly [string, object])[] = [
  ["Object.prototype", Object.prototype],
  ["Array.prototype", Array.prototype],
  ["Function.prototype", Function.prototype],
  ["String.prototype", String.prototype],
  ["Uint8Array.prototype", Uint8Array.prototype],
];

const AT_START = WATCHED.map(([, object]) => contentsOf(object));

/** Names of the prototypes that are not as they were when the program began. */
export function prototypeChanges(): readonly string[] {
  return WATCHED.filter(([, object], index) => {
    const [now, before] = [contentsOf(object), AT_START[index]!];
    return now.size !== before.size || [...now].some(([key, value]) => before.get(key) !== value);
  }).map(([name]) => name);
}

/** Own fields and what they hold; accessors are told apart by their functions. */
function contentsOf(object: object): ReadonlyMap<PropertyKey, unknown> {
  const keys = Reflect.ownKeys(object);
  return new Map(
    keys.map((key) => {
      const { value, get } = Object.getOwnPropertyDescriptor(object, key)!;
      return [key, value ?? get];
    }),
  );
}
