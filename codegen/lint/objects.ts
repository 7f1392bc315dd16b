import { type Place, placeBelow } from "../schema.js";

/** `place` and every object below it, but nothing in `examples`: these are values and no schemas. */
export function objectsWithin(place: Place): readonly Place[] {
  const children = Object.entries(place.schema).flatMap(([key, value]) => {
    if (key === "examples") return [];
    const steps = Array.isArray(value) ? value.map((_, index) => [key, String(index)]) : [[key]];
    return steps.map((step) => placeBelow(place, ...step)).filter((child) => child !== undefined);
  });
  return [place, ...children.flatMap(objectsWithin)];
}
