import { RnpError } from "../core/error.js";
import type { Gossip } from "./gossip.js";
import type { HandlerContext, MessageContext } from "./handler-context.js";
import type { HandlerTable } from "./handlers.js";
import { type Spoken, speakerOf } from "./speaker.js";

/** What every node handles itself: the messages that keep its member table. `isMember`: others can reach it. */
export function setBuiltinHandlers(
  handlers: HandlerTable,
  gossip: Gossip,
  isMember: boolean,
): void {
  handlers.set("gossip.announce", (data, context) =>
    gossip.handleMessage(originOf(context), { kind: "announce", data }),
  );
  handlers.set("gossip.heartbeat", (data, context) =>
    gossip.handleMessage(originOf(context), { kind: "heartbeat", data }),
  );
  handlers.set("gossip.suspect", (data, context) =>
    gossip.handleMessage(originOf(context), { kind: "suspect", data }),
  );
  handlers.set("gossip.leave", (data, context) => gossip.handleLeave(originOf(context), data));
  handlers.set("gossip.probe", (probe, context) => {
    const origin = originOf(context);
    if (!isMember || !speakerOf(origin).speaks) throw helpsNobody();
    return gossip.handleProbe(origin, probe, context.signal);
  });
  handlers.set("sync.request", (request, context) =>
    gossip.handleSyncRequest(originOf(context), request),
  );
}

/** The connection that a message came by; the context of every message knows it. */
function originOf(context: HandlerContext): Spoken {
  return (context as MessageContext).origin;
}

function helpsNobody(): RnpError {
  const text = "only members reach others for members, by the capability membership";
  return new RnpError("UNSUPPORTED", text, { outcome: "rejected" });
}
