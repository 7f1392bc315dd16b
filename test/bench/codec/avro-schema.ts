import type { IntegerShape, ObjectShape, Shape } from "./shape.js";

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** An Avro schema: the name of a type, a type, or the types of a union. */
export type AvroSchema = string | AvroSchema[] | { type: string; [key: string]: unknown };

/** The Avro schema of an object. `name` has to be its own within one message. */
export function avroRecord({ fields }: ObjectShape, name: string): AvroSchema {
  return {
    type: "record",
    name,
    fields: fields.map((field) => {
      const type = avroType(field.shape, `${name}_${field.name}`);
      if (!field.isOptional) return { name: field.name, type };
      const branches = Array.isArray(type) ? type : [type];
      return { name: field.name, type: ["null", ...branches], default: null };
    }),
  };
}

function avroType(shape: Shape, name: string): AvroSchema {
  switch (shape.kind) {
    case "number":
      return "double";
    case "boolean":
    case "string":
    case "bytes":
      return shape.kind;
    case "integer":
      return avroInteger(shape);
    case "array":
      return { type: "array", items: avroType(shape.items, name) };
    case "map":
      return { type: "map", values: avroType(shape.values, name) };
    case "union":
      return shape.branches.map((branch, index) => avroType(branch, `${name}_${index}`));
    case "object":
      return avroRecord(shape, name);
  }
}

function avroInteger({ minimum, maximum }: IntegerShape): AvroSchema {
  return minimum >= INT32_MIN && maximum <= INT32_MAX ? "int" : "long";
}
