import type { ActionPreview, Role } from "@firebreak/protocol";
import { openTimeBox, runWithin } from "../containment/index.ts";
import type { Effector } from "../containment/index.ts";
import { FirebreakError, messageOf } from "../kernel/index.ts";
import { effectorContext, findEffector } from "./call-effector.ts";
import type { ActionContext } from "./context.ts";
import { findSecretParameters } from "./secret-parameters.ts";

const PREVIEW_MAX_MS = 10_000;

/** @returns who may apply it: what destroys is for who commands */
export function roleFor(effector: Pick<Effector, "destroysEvidence">): Role {
  return effector.destroysEvidence ? "commander" : "responder";
}

/**
 * What an effector would do with these parameters, and what stands in its way. Changes nothing.
 *
 * @throws FirebreakError not_found, invalid_body for parameters that do not fit, conflict when it cannot be told
 */
export async function previewAction(
  ctx: ActionContext,
  request: { readonly effector: string; readonly parameters: Readonly<Record<string, unknown>> },
): Promise<ActionPreview> {
  const effector = findEffector(ctx, request.effector);
  checkParameters(effector, request.parameters);
  const { name, title, destroysEvidence, expiry } = effector;
  const box = openTimeBox(PREVIEW_MAX_MS);
  try {
    const facts = { id: "preview", incidentId: null, expiresAt: null };
    const boxed = await runWithin(box, (signal) =>
      effector.preview(effectorContext(ctx, facts, signal), request.parameters),
    );
    if (boxed.kind !== "ended") {
      const why = boxed.kind === "threw" ? messageOf(boxed.error) : "it took too long";
      throw new FirebreakError("conflict", `What ${name} would do cannot be told: ${why}.`);
    }
    const { changes, blastRadius, obstacles } = boxed.value;
    const { agents, hosts, services, addresses } = blastRadius;
    return {
      effector: name,
      title,
      changes: [...changes],
      blastRadius: { agents: [...agents], hosts: [...hosts], services: [...services], addresses: [...addresses] },
      obstacles: [...obstacles],
      destroysEvidence,
      expiry,
      role: roleFor(effector),
    };
  } finally {
    box.close();
  }
}

/** @throws FirebreakError invalid_body with one entry per fault */
function checkParameters(effector: Effector, given: Readonly<Record<string, unknown>>): void {
  const parsed = effector.parameters.safeParse(given);
  const issues = parsed.success ? [] : parsed.error.issues;
  const faults = issues.map((issue) => ({
    where: `/${["parameters", ...issue.path].map(String).join("/")}`,
    message: issue.message,
  }));
  // an action is kept with its parameters, and whoever may apply one could send a secret wherever they like
  const secrets = findSecretParameters(effector.parameters, given).map((path) => ({
    where: `/parameters/${path}`,
    message: "is a secret, which an action does not take; a playbook does, as ${secrets.NAME}",
  }));
  const errors = [...faults, ...secrets];
  if (errors.length === 0) return;
  const summary = errors.map(({ where, message }) => `${where}: ${message}`).join("; ");
  throw new FirebreakError("invalid_body", `${effector.name} does not take these parameters. ${summary}.`, { errors });
}
