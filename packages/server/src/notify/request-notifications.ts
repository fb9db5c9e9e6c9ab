import type { Channel, TemplateName } from "../kernel/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { toPayload } from "./facts.ts";
import type { IncidentFacts } from "./facts.ts";
import { insertDelivery } from "./insert-delivery.ts";
import { renderTemplate } from "./templates.ts";
import type { NotifyContext, Trx } from "./types.ts";

export interface NotificationRequest {
  readonly incidentId: string;
  readonly template: TemplateName;
  /**
   * Tells occurrences of the same template apart, such as the containments of two runs; one delivery per key and
   * channel. A resolution has its time as key, so that a second one after a reopening is told too.
   */
  readonly key?: string;
}

/**
 * Writes one delivery for each channel that the profile routes this template and severity to, filled from the incident
 * as it is now, and asks for their delivery when the transaction commits. Asking again changes nothing; asking for
 * `resolved` when the incident was reopened meanwhile sends nothing.
 *
 * @returns ids of the deliveries that are new
 * @throws FirebreakError `not_found`
 */
export async function requestNotifications(
  trx: Trx,
  ctx: NotifyContext,
  request: NotificationRequest,
): Promise<string[]> {
  const facts = await readFacts(trx, ctx, request.incidentId);
  const occurrence = request.key ?? occurrenceOf(request.template, facts);
  if (occurrence === null) return [];
  const key = `${request.incidentId}/${request.template}${occurrence === "" ? "" : `/${occurrence}`}`;
  const template = ctx.profile.templates.find((candidate) => candidate.name === request.template);
  const rendered = renderTemplate(template, facts);
  const created: string[] = [];
  for (const channel of channelsFor(ctx, request.template, facts)) {
    const id = await insertDelivery(trx, ctx, {
      key: `${key}/${channel.name}`,
      incidentId: request.incidentId,
      channel,
      template: request.template,
      subject: rendered.subject,
      body: { text: rendered.text, incident: toPayload(facts) },
    });
    if (id !== undefined) created.push(id);
  }
  return created;
}

async function readFacts(trx: Trx, ctx: NotifyContext, incidentId: string): Promise<IncidentFacts> {
  const incident = await trx.selectFrom("incidents").selectAll().where("id", "=", incidentId).executeTakeFirst();
  if (incident === undefined) throw new FirebreakError("not_found", `There is no incident ${incidentId}.`);
  const clocks = await trx.selectFrom("incident_clocks").selectAll().where("incident_id", "=", incidentId).execute();
  return { incident, clocks, profile: ctx.profile, consoleUrl: ctx.consoleUrl };
}

function channelsFor(ctx: NotifyContext, template: TemplateName, { incident }: IncidentFacts): Channel[] {
  const routes = ctx.profile.notifications.filter(
    (route) => route.templates.includes(template) && route.severities.includes(incident.severity),
  );
  return ctx.profile.channels.filter((channel) =>
    routes.some((route) => route.channel === "*" || route.channel === channel.name),
  );
}

/** @returns null when there is nothing to tell any more */
function occurrenceOf(template: TemplateName, { incident }: IncidentFacts): string | null {
  return template === "resolved" ? (incident.resolved_at?.toISOString() ?? null) : "";
}
