import type { Severity } from "@firebreak/protocol";
import { insertDelivery } from "./insert-delivery.ts";
import { cut, oneLine } from "./templates.ts";
import type { NotifyContext, Trx } from "./types.ts";

/** What waits for a person's answer. */
export interface Question {
  readonly id: string;
  readonly title: string;
  readonly reason: string;
  readonly askedBy: string;
  /** what would change, a line each */
  readonly preview: readonly string[];
  readonly incidentId: string | null;
  /** of the incident; null: it goes to every route that carries questions */
  readonly severity: Severity | null;
  /** ISO 8601 */
  readonly expiresAt: string;
  /** it was told before, and nobody has answered */
  readonly again: boolean;
}

const SUBJECT_CHARACTERS_MAX = 250;

/**
 * Writes one delivery of a question for each channel that the profile routes questions to. The link to answer by is made
 * when it is sent, and kept nowhere. Asking again changes nothing.
 *
 * @returns ids of the deliveries that are new
 */
export async function requestQuestionNotifications(
  trx: Trx,
  ctx: NotifyContext,
  question: Question,
): Promise<string[]> {
  const { id, incidentId, severity, again } = question;
  const routes = ctx.profile.notifications.filter(
    (route) => route.templates.includes("approval") && (severity === null || route.severities.includes(severity)),
  );
  const created: string[] = [];
  for (const channel of ctx.profile.channels) {
    if (!routes.some((route) => route.channel === "*" || route.channel === channel.name)) continue;
    const delivery = await insertDelivery(trx, ctx, {
      key: `${id}/approval/${channel.name}${again ? "/again" : ""}`,
      incidentId,
      channel,
      template: "approval",
      subject: cut(
        `${again ? "Still no answer" : "Answer needed"}: ${oneLine(question.title)}`,
        SUBJECT_CHARACTERS_MAX,
      ),
      body: {
        text: textOf(question),
        incident: {},
        question: { id, title: question.title, expiresAt: question.expiresAt },
      },
    });
    if (delivery !== undefined) created.push(delivery);
  }
  return created;
}

function textOf({ title, reason, askedBy, preview, incidentId, expiresAt }: Question): string {
  return [
    `${oneLine(askedBy)} asks: ${oneLine(title)}`,
    `Why: ${oneLine(reason)}`,
    ...(incidentId === null ? [] : [`Incident: ${incidentId}`]),
    `Answer until: ${expiresAt}`,
    "",
    ...preview.map((line) => `- ${oneLine(line)}`),
    "",
  ].join("\n");
}
