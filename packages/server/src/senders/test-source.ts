import type { SourceTestView } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import type { SourceContext } from "./context.ts";
import { readHook } from "./endpoints/hooks.ts";
import { findSource } from "./list-sources.ts";
import { isObject, refuse } from "./reading.ts";
import type { ReaderContext, Reading } from "./reading.ts";
import { readerContextOf } from "./receive.ts";
import { toSource } from "./source.ts";
import type { Source } from "./source.ts";
import { readNewAlert } from "./vendors/opsgenie.ts";
import { readEventV1, readEventV2 } from "./vendors/pagerduty.ts";

/**
 * What a body would become if the source's sender sent it. Nothing is kept and nobody is told: this is for trying out a
 * template, and for a message that was refused.
 *
 * @throws FirebreakError `not_found`
 */
export async function testSource(
  ctx: Pick<SourceContext, "database" | "clock">,
  name: string,
  body: unknown,
): Promise<SourceTestView> {
  const source = toSource(await findSource(ctx, name));
  const reading = readAs(source, body, readerContextOf(ctx, source));
  if (!reading.ok) return { alerts: [], errors: [...reading.errors] };
  const alerts = reading.signals.map(({ key, action, title, severity, labels, notes }) => ({
    key,
    action,
    title,
    severity,
    labels: { ...labels },
    notes: [...notes],
  }));
  return { alerts, errors: [] };
}

function readAs(source: Source, body: unknown, ctx: ReaderContext): Reading {
  if (source.kind === "pagerduty") {
    if (!isObject(body)) return refuse("the body is no object");
    return "event_type" in body ? readEventV1(body, ctx) : readEventV2(body, ctx);
  }
  if (source.kind === "opsgenie") return isObject(body) ? readNewAlert(body, ctx) : refuse("the body is no object");
  const headers = {
    "content-type": Array.isArray(body) ? "application/cloudevents-batch+json" : "application/cloudevents+json",
  };
  const reading = readHook(source, { headers, body: Buffer.alloc(0), json: () => body }, ctx);
  if (reading === "unsupported") throw new FirebreakError("bad_request", "The body is no CloudEvent.");
  return reading;
}
