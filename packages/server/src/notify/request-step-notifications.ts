import type { Severity } from "@firebreak/protocol";
import { insertDelivery } from "./insert-delivery.ts";
import { cut, oneLine } from "./templates.ts";
import type { NotifyContext, Trx } from "./types.ts";

/** A step of a playbook that waits for a person. */
export interface WaitingStep {
  readonly runId: string;
  readonly stepId: string;
  readonly playbook: string;
  readonly title: string;
  /** who is asked: a role's title, or a person's name */
  readonly whom: string;
  /** the user who was asked by name, or null */
  readonly person: string | null;
  readonly incidentId: string | null;
  readonly severity: Severity | null;
  /** ISO 8601 */
  readonly dueAt: string | null;
  /** what is told apart: the same is told once */
  readonly occasion: string;
}

const SUBJECT_CHARACTERS_MAX = 250;

/**
 * Tells of a step that waits: the channels of the person who was asked by name, or when there are none, those that the profile
 * routes questions to. Telling it again changes nothing.
 *
 * @returns ids of the deliveries that are new
 */
export async function requestStepNotifications(trx: Trx, ctx: NotifyContext, step: WaitingStep): Promise<string[]> {
  const created: string[] = [];
  for (const channel of channelsFor(ctx, step)) {
    const id = await insertDelivery(trx, ctx, {
      key: `${step.runId}/${step.stepId}/${step.occasion}/${channel.name}`,
      incidentId: step.incidentId,
      channel,
      template: "step",
      subject: cut(`Waits for ${oneLine(step.whom)}: ${oneLine(step.title)}`, SUBJECT_CHARACTERS_MAX),
      body: { text: textOf(ctx, step), incident: {} },
    });
    if (id !== undefined) created.push(id);
  }
  return created;
}

function channelsFor({ profile }: NotifyContext, { person, severity }: WaitingStep) {
  const own = person === null ? [] : profile.channels.filter((channel) => channel.person === person);
  if (own.length > 0) return own;
  const routes = profile.notifications.filter(
    (route) => route.templates.includes("approval") && (severity === null || route.severities.includes(severity)),
  );
  return profile.channels.filter((channel) =>
    routes.some((route) => route.channel === "*" || route.channel === channel.name),
  );
}

function textOf({ consoleUrl }: NotifyContext, step: WaitingStep): string {
  return [
    `${oneLine(step.playbook)} waits for ${oneLine(step.whom)}: ${oneLine(step.title)}`,
    ...(step.incidentId === null ? [] : [`Incident: ${step.incidentId}`]),
    ...(step.dueAt === null ? [] : [`Due: ${step.dueAt}`]),
    `${consoleUrl}/runs/${step.runId}`,
    "",
  ].join("\n");
}
