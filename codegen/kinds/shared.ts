import type { SharedField } from "../model.js";
import { declineIf, type Kind } from "./kind.js";
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
    return [code(`if (!${scope.shared(type.encode)}(writer, ${value})) return false;`)];
  },
  decode({ type }, name, _type, scope) {
    if (type.field.kind === "enum") return scope.decode(type.field, name, type.name);
    return [
      `const ${name} = ${scope.shared(type.decode)}(reader);`,
      declineIf(`${name} === undefined`),
    ];
  },
  convertInside({ type }, value, scope) {
    return scope.isConvertedInside(type.field) ? [`${scope.shared(type.convert)}(${value});`] : [];
  },
};
