import { z } from "zod";
import { messageOf } from "../../../kernel/index.ts";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../../effector.ts";
import { findByLabel, inspectContainer } from "./container.ts";
import type { Container } from "./container.ts";
import type { EngineClient } from "./engine-client.ts";
import { EngineError } from "./engine-client.ts";
import { checkEngine } from "./check-engine.ts";
import { isOwnContainer } from "./own-container.ts";
import { containerBefore } from "./steps.ts";
import type { ContainerBefore, Step } from "./steps.ts";

const containerName = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "use a container's name or id");
const containerLabel = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_./-]*(=.+)?$/, "use a label such as firebreak.agent=scout");

export const containerTarget = z
  .strictObject({
    /** name or id of one container */
    container: containerName.optional(),
    /** every container with this label, also those that are started later: `firebreak.agent=scout` */
    label: containerLabel.optional(),
  })
  .refine(({ container, label }) => (container === undefined) !== (label === undefined), {
    message: "name one of container and label",
  });
export type ContainerTarget = z.output<typeof containerTarget>;

export interface ContainerEffectorFacts {
  readonly name: string;
  readonly title: string;
  readonly destroysEvidence: boolean;
  /** in order; undo goes backwards */
  readonly steps: readonly Step[];
}

/** Nobody means that many containers by one label. */
const CONTAINERS_MAX = 200;
/** The label by which a container says which agent runs in it. */
const AGENT_LABEL = "firebreak.agent";

const record = z.object({ containers: z.array(containerBefore) });

/** What is done to each container that is meant: steps with a way back, and how each was before on record. */
export function containerEffector(engine: EngineClient, facts: ContainerEffectorFacts): Effector {
  const { steps, destroysEvidence } = facts;
  const find = (ctx: EffectorContext, target: ContainerTarget) => findTargets(engine, target, ctx.signal);
  return defineEffector({
    name: facts.name,
    title: facts.title,
    destroysEvidence,
    idempotent: true,
    expiry: "by_undo",
    parameters: containerTarget,
    checkNeeds: () => checkEngine(engine),
    blastRadius: async (ctx, target) => {
      const containers = await find(ctx, target);
      return {
        ...TOUCHES_NOTHING,
        services: containers.map(({ name }) => name),
        agents: [...new Set(containers.flatMap(({ labels }) => labels[AGENT_LABEL] ?? []))],
      };
    },
    preview: async (ctx, target) => {
      const containers = await find(ctx, target);
      if (containers.length === 0) return [`nothing: there is no container ${nameOf(target)}`];
      return containers.flatMap((container) => describe(container, facts));
    },
    apply: async (ctx, target) => explainFaults(() => applySteps(engine, ctx, target, facts)),
    verify: async (ctx, target) => explainFaults(() => verifySteps(engine, ctx, target, steps)),
    undo: async (ctx) => explainFaults(() => undoSteps(engine, ctx, steps)),
  });
}

function describe(container: Container, { steps, destroysEvidence }: ContainerEffectorFacts): string[] {
  const obstacle = refusalFor(container, destroysEvidence);
  if (obstacle !== null) return [`nothing: ${obstacle}`];
  const changes = steps.filter((step) => !step.isDone(container)).map((step) => step.words(container));
  return changes.length === 0 ? [`nothing: ${container.name} is so already`] : changes;
}

function nameOf({ container, label }: ContainerTarget): string {
  return container ?? `with the label ${label ?? ""}`;
}

/** @returns why it is left alone, or null */
function refusalFor({ id, name, isRemovedAtEnd, isRunning }: Container, ends: boolean): string | null {
  if (isOwnContainer(id)) return `Firebreak itself runs in ${name}`;
  if (!ends || !isRemovedAtEnd || !isRunning) return null;
  return `${name} was started with --rm: the engine deletes it when it stops, with all evidence; use docker.contain`;
}

export async function findTargets(
  engine: EngineClient,
  target: ContainerTarget,
  signal: AbortSignal,
): Promise<Container[]> {
  const ids =
    target.container === undefined ? await findByLabel(engine, target.label ?? "", signal) : [target.container];
  if (ids.length > CONTAINERS_MAX) {
    throw new EngineError(
      `${ids.length} containers have the label ${target.label ?? ""}; ${CONTAINERS_MAX} is the most`,
      null,
    );
  }
  const found = await Promise.all(ids.map((id) => inspectContainer(engine, id, signal)));
  return found.filter((one) => one !== null);
}

async function applySteps(
  engine: EngineClient,
  ctx: EffectorContext,
  target: ContainerTarget,
  { steps, destroysEvidence }: ContainerEffectorFacts,
): Promise<EffectorOutcome> {
  const containers = await findTargets(engine, target, ctx.signal);
  if (containers.length === 0) {
    return { ok: false, reason: "not_found", message: `there is no container ${nameOf(target)}` };
  }
  const refusals = containers.flatMap((one) => refusalFor(one, destroysEvidence) ?? []);
  if (refusals.length > 0) return { ok: false, reason: "denied", message: refusals.join("; ") };
  remember(ctx, containers);
  const call = { engine, signal: ctx.signal };
  // every first step before any second: the restart policies are off before anything ends
  for (const step of steps) {
    await forAll(
      containers.filter((one) => !step.isDone(one)),
      (one) => step.act(call, one),
    );
  }
  return verifySteps(engine, ctx, target, steps);
}

/** All at once, and one that fails does not leave the others under way. @throws what the first threw */
async function forAll<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const settled = await Promise.allSettled(items.map(act));
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

/** How each was before it was first touched; a container that came later under the same name is another one. */
function remember(ctx: EffectorContext, containers: readonly Container[]): void {
  const known = readEffectRecord(ctx, record)?.containers ?? [];
  const fresh = containers.filter(({ id }) => !known.some((one) => one.id === id));
  if (fresh.length === 0) return;
  const before = fresh.map(({ id, name, isRunning, isPaused, restartPolicy, networks }) => ({
    id,
    name,
    isRunning,
    isPaused,
    restartPolicy,
    networks,
  }));
  writeEffectRecord(ctx, { containers: [...known, ...before] });
}

/** In effect: on record, each step done for every container that is meant now. */
async function verifySteps(
  engine: EngineClient,
  ctx: EffectorContext,
  target: ContainerTarget,
  steps: readonly Step[],
): Promise<EffectorOutcome> {
  const known = readEffectRecord(ctx, record)?.containers ?? [];
  const containers = await findTargets(engine, target, ctx.signal);
  const output = { containers: known.map(({ id, name }) => ({ id, name })) };
  if (known.length === 0) return { ok: false, reason: "unverified", message: "nothing was done", output };
  const open = containers.filter(
    (one) => !known.some(({ id }) => id === one.id) || steps.some((step) => !step.isDone(one)),
  );
  if (open.length > 0) {
    const message = open.map((one) => stateOf(one, steps)).join("; ");
    return { ok: false, reason: "unverified", message, output };
  }
  const names = containers.map(({ name }) => name).join(", ");
  return { ok: true, output, message: names === "" ? `no container ${nameOf(target)} is left` : `${names}: verified` };
}

function stateOf(container: Container, steps: readonly Step[]): string {
  const left = steps.filter((step) => !step.isDone(container)).map((step) => step.words(container));
  return left.length === 0 ? `${container.name} came later` : `not done: ${left.join(", ")}`;
}

async function undoSteps(engine: EngineClient, ctx: EffectorContext, steps: readonly Step[]): Promise<EffectorOutcome> {
  const known = readEffectRecord(ctx, record)?.containers ?? [];
  if (known.length === 0) return { ok: true, output: {}, message: "nothing is to be put back" };
  const results = await forAll(known, (before) => putBack(engine, ctx.signal, before, steps));
  removeEffectRecord(ctx);
  return { ok: true, output: {}, message: results.join("; ") };
}

async function putBack(
  engine: EngineClient,
  signal: AbortSignal,
  before: ContainerBefore,
  steps: readonly Step[],
): Promise<string> {
  for (const step of steps.toReversed()) {
    const now = await inspectContainer(engine, before.id, signal);
    if (now === null) return `${before.name} is gone`;
    await step.putBack({ engine, signal }, before, now);
  }
  return `${before.name} is as it was`;
}

export async function explainFaults(act: () => Promise<EffectorOutcome>): Promise<EffectorOutcome> {
  try {
    return await act();
  } catch (fault) {
    if (!(fault instanceof EngineError)) throw fault;
    return { ok: false, reason: fault.status === null ? "unreachable" : "failed", message: messageOf(fault) };
  }
}
