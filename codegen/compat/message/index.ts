import { delivery } from "./delivery.js";
import { direction } from "./direction.js";
import { title } from "./names.js";
import { reply, standalone, timeout } from "./reply.js";
import type { MessageRule } from "./rule.js";
import { size } from "./size.js";
import { credit, layer, order, pool } from "./transport.js";

/** What is asked about each message type that both versions have; its fields are looked at elsewhere. */
export const MESSAGE_RULES: readonly MessageRule[] = [
  direction,
  delivery,
  reply,
  timeout,
  standalone,
  credit,
  layer,
  order,
  pool,
  size,
  title,
];
