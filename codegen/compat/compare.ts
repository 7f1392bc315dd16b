import { ENVELOPE_FILE } from "../load.js";
import { Compared } from "./compared.js";
import { judgeErrors } from "./errors.js";
import { judgeBodies } from "./fields.js";
import { judgeMessages } from "./messages.js";
import { judgeProtocol } from "./protocol.js";
import { judgeTypes } from "./types.js";
import type { Verdict } from "./verdict.js";
import type { Versions } from "./versions.js";

/** Everything that follows from schemas having changed, what breaks first, then by file and place. */
export function compareVersions(versions: Versions): readonly Verdict[] {
  const compared = new Compared();
  const verdicts = [
    ...judgeProtocol(versions),
    ...judgeEnvelope(versions, compared),
    ...judgeMessages(versions, compared),
    ...judgeErrors(versions, compared),
    ...judgeTypes(versions),
  ];
  return verdicts.sort(
    (one, other) => Number(other.breaks) - Number(one.breaks) || (key(one) < key(other) ? -1 : 1),
  );
}

function judgeEnvelope(versions: Versions, compared: Compared): readonly Verdict[] {
  const [old, now] = [versions.old.model.envelope, versions.now.model.envelope];
  if (old === undefined || now === undefined) return [];
  const root = { file: ENVELOPE_FILE, pointer: "", schema: {} };
  return judgeBodies(old.body, now.body, root, versions, compared);
}

function key({ file, place, effect, rule }: Verdict): string {
  return [file, place, effect, rule].join(" ");
}
