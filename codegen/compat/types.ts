import type { Verdict } from "./verdict.js";
import type { Versions } from "./versions.js";

/** Shared types are exported by name. What they hold is looked at where messages use them. */
export function judgeTypes({ old, now }: Versions): readonly Verdict[] {
  const names = new Set(now.model.sharedTypes.map(({ name }) => name));
  const gone = old.model.sharedTypes.filter(({ name }) => !names.has(name));
  return gone.map(({ name, field }) => {
    const place = old.places.get(field);
    return {
      rule: "type-removed",
      effect: "source",
      breaks: true,
      file: place?.file ?? "types.schema.json",
      place: place?.pointer ?? "",
      text: `${name} is gone`,
      why: "Programs that import the type no longer compile.",
      instead: "Keep it under its name.",
    };
  });
}
