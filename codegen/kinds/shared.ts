import type { SharedField } from "../model.js";
import type { Kind } from "./kind.js";
import { code } from "./steps.js";

/** A reference to a type of `types.ts`, which has its interface and its functions. */
export const sharedKind: Kind<SharedField> = {
  keywords: ["$ref"],
  required: {},
  build() {
    throw new Error("the model phase makes shared fields itself, from references");
  },
  typeSchema: ({ type }) => ({ tsType: type.name }),
  rules: ({ type }, _side, of) => of(type.field),
  sizeMax: ({ type }, of) => of(type.field),
  encode({ type }, value, scope) {
    if (type.field.kind === "enum") return scope.encode(type.field, value);
    return [code(`${scope.shared(type.encode)}(writer, ${value});`)];
  },
  convertInside({ type }, value, scope) {
    return scope.isConvertedInside(type.field) ? [`${scope.shared(type.convert)}(${value});`] : [];
  },
};
