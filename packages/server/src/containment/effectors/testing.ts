import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { Actor } from "@firebreak/protocol";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { DEFAULT_REDACTION, createNewId, profileSchema, silentLogger, systemClock } from "../../kernel/index.ts";
import type { EffectorSettings } from "../../kernel/index.ts";
import { createRedactor } from "../../redaction/index.ts";
import type { Effector, EffectorContext, EffectorOutput } from "../effector.ts";
import { localEffectors, upkeepEffectors } from "./index.ts";

const testRedactor = createRedactor(DEFAULT_REDACTION);

/** @returns settings as a profile would give them */
export function effectorSettingsOf(given: unknown = {}): EffectorSettings {
  return profileSchema.shape.effectors.parse(given);
}

const ADA: Actor = { kind: "person", id: "usr_ada", name: "ada" };

export function effectorContextFor(home: string, changes: Partial<EffectorContext> = {}): EffectorContext {
  return {
    home,
    clock: systemClock,
    newId: createNewId(() => systemClock.now()),
    logger: silentLogger,
    actor: ADA,
    incidentId: null,
    runId: "run_1",
    stepId: "step",
    expiresAt: null,
    signal: new AbortController().signal,
    ...changes,
  };
}

let program: string | undefined;
afterAll(() => {
  if (program !== undefined) rmSync(dirname(program), { recursive: true, force: true });
});

/** @returns the program `test/agents/effector-process.ts`, ready for node; made once for a test file */
export function effectorProcess(): string {
  if (program !== undefined) return program;
  const directory = mkdtempSync(join(tmpdir(), "fb-effector-process-"));
  const entry = join(import.meta.dirname, "../../../../../test/agents/effector-process.ts");
  program = bundleEntry(entry, join(directory, "effector-process.mjs"));
  return program;
}

/** What an effector acts on, in a test: the real thing, or a fake that checks every request. */
export interface EffectorWorld {
  /** the profile's settings of effectors, as they would stand in its file */
  readonly settings: unknown;
  /** the profile's section `services`, for what acts on them */
  readonly services?: unknown;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** the part of the world that the effector may change, as data that can be compared */
  look(): Promise<unknown>;
  /** how many operations that change something were asked for so far */
  operations(): number;
  /** from now on, the operation of that number (counted from 0) fails: alone, or with all that come after it */
  breakAt(operation: number, which: "one" | "rest"): void;
  heal(): void;
  close(): Promise<void>;
}

export interface ContractOptions {
  readonly open: (home: string) => Promise<EffectorWorld>;
  /** what undo cannot bring back (a process that was killed has lost its memory); compared after taking it away */
  readonly comparable?: (seen: unknown) => unknown;
}

/**
 * What every effector must do, whatever it acts on: apply twice is once; a failure at each point unwinds; undo twice is
 * once; what a crash left behind, at whatever point, is undone without a record; another process undoes it.
 */
export function describeEffectorContract(name: string, { open, comparable = (seen) => seen }: ContractOptions): void {
  const opened: (() => Promise<void>)[] = [];
  const closeAll = async () => {
    for (const close of opened.splice(0).toReversed()) await close();
  };
  afterEach(closeAll);
  const arrange = async () => {
    const home = mkdtempSync(join(tmpdir(), "fb-effector-"));
    opened.push(async () => rmSync(home, { recursive: true, force: true }));
    const world = await open(home);
    opened.push(() => world.close());
    return {
      home,
      world,
      effector: effectorOf(name, world.settings, {}, world.services),
      ctx: effectorContextFor(home),
      look: async () => comparable(await world.look()),
    };
  };

  describe(`${name}: the contract of effectors`, () => {
    test("C-3: preview says what would be touched and touches nothing", async () => {
      const { effector, ctx, world, look } = await arrange();
      const before = await look();
      const preview = await effector.preview(ctx, world.parameters);
      expect(preview.obstacles).toEqual([]);
      expect(preview.changes.length).toBeGreaterThan(0);
      expect(Object.values(preview.blastRadius).flat().length).toBeGreaterThan(0);
      expect(world.operations()).toBe(0);
      expect(await look()).toEqual(before);
    });

    test("C-3: applied twice does what applying once does, and verify sees it; before, it does not", async () => {
      const { effector, ctx, world, look } = await arrange();
      const before = await look();
      expect(await effector.verify(ctx, world.parameters, {})).toMatchObject({ ok: false });
      const first = await effector.apply(ctx, world.parameters);
      expect(first, first.message).toMatchObject({ ok: true });
      const after = await look();
      expect(after).not.toEqual(before);
      expect(await effector.apply(ctx, world.parameters)).toMatchObject({ ok: true });
      expect(await look()).toEqual(after);
      expect(await effector.verify(ctx, world.parameters, first.output ?? {})).toMatchObject({ ok: true });
      expect(await effector.undo(ctx, world.parameters, first.output ?? {})).toMatchObject({ ok: true });
      expect(await look()).toEqual(before);
    });

    test("C-3: undo brings back what was, and twice is once", async () => {
      const { effector, ctx, world, look } = await arrange();
      const before = await look();
      const { output = {} } = await effector.apply(ctx, world.parameters);
      for (let i = 0; i < 2; i++) {
        expect(await effector.undo(ctx, world.parameters, output)).toMatchObject({ ok: true });
        expect(await look()).toEqual(before);
      }
      expect(await effector.verify(ctx, world.parameters, output)).toMatchObject({ ok: false });
    });

    test("C-3: a failure at each point unwinds", async () => {
      const total = await countOperations(arrange);
      for (let at = 0; at < total; at++) {
        await closeAll();
        const { effector, ctx, world, look } = await arrange();
        const before = await look();
        world.breakAt(at, "one");
        const outcome = await effector.apply(ctx, world.parameters);
        const honest = outcome.ok ? (await effector.verify(ctx, world.parameters, outcome.output)).ok : await look();
        expect(honest, `operation ${at} of ${total}: ${outcome.message}`).toEqual(outcome.ok ? true : before);
      }
    });

    test("C-3: what a crash at any point left behind is undone without any record of the step", async () => {
      const total = await countOperations(arrange);
      for (let at = 0; at < total; at++) {
        await closeAll();
        const { effector, ctx, world, look } = await arrange();
        const before = await look();
        world.breakAt(at, "rest");
        const outcome = await effector.apply(ctx, world.parameters);
        expect(outcome, `operation ${at} of ${total}`).toMatchObject({ ok: false });
        world.heal();
        expect(
          await effectorOf(name, world.settings, {}, world.services).undo(ctx, world.parameters, {}),
        ).toMatchObject({ ok: true });
        expect(await look(), `operation ${at} of ${total}`).toEqual(before);
      }
    });

    test("C-3: what a process did before kill -9 is undone by another process", async () => {
      const { home, ctx, world, look } = await arrange();
      const before = await look();
      const { runId, stepId } = ctx;
      const { parameters, settings, services = [] } = world;
      const facts = { home, effector: name, parameters, settings, services, runId, stepId };
      const died = await runElsewhere({ verb: "apply", ...facts });
      expect(died.signal, died.stderr).toBe("SIGKILL");
      expect(await look()).not.toEqual(before);
      const undone = await runElsewhere({ verb: "undo", ...facts });
      expect(JSON.parse(undone.stdout), `${undone.stdout} ${undone.stderr}`).toMatchObject({ ok: true });
      expect(await look()).toEqual(before);
    });
  });
}

/** What an effector that only reads must do: nothing to the world, the same answer twice, and nothing to undo. */
export function describeProbeContract(
  name: string,
  open: (home: string) => Promise<Pick<EffectorWorld, "settings" | "parameters" | "look" | "close">>,
  stable: (output: EffectorOutput) => unknown = (output) => output,
): void {
  test(`C-3: ${name} only reads: previewed, asked twice, verified and undone, it changes nothing`, async () => {
    const home = mkdtempSync(join(tmpdir(), "fb-probe-"));
    const world = await open(home);
    try {
      const [effector, ctx] = [effectorOf(name, world.settings), effectorContextFor(home)];
      expect(effector).toMatchObject({ destroysEvidence: false, idempotent: true, expiry: "none" });
      const before = await world.look();
      const preview = await effector.preview(ctx, world.parameters);
      expect(preview).toMatchObject({ changes: [expect.any(String)], obstacles: [] });
      expect(await world.look()).toEqual(before);
      const first = await effector.apply(ctx, world.parameters);
      expect(first, first.message).toMatchObject({ ok: true });
      const again = await effector.apply(ctx, world.parameters);
      expect(stable(again.output ?? {})).toEqual(stable(first.output ?? {}));
      expect(await effector.verify(ctx, world.parameters, {})).toMatchObject({ ok: true });
      expect(await effector.undo(ctx, world.parameters, {})).toMatchObject({ ok: true });
      expect(await effector.undo(ctx, world.parameters, {})).toMatchObject({ ok: true });
      expect(readdirSync(home)).toEqual([]);
    } finally {
      await world.close();
      rmSync(home, { recursive: true, force: true });
    }
  });
}

/** @returns a fresh instance, which remembers nothing */
export function effectorOf(
  name: string,
  given: unknown,
  secrets: Readonly<Record<string, string>> = {},
  services: unknown = [],
): Effector {
  const readSecret = async (secret: string) => secrets[secret];
  const settings = effectorSettingsOf(given);
  const upkeep = {
    settings,
    services: profileSchema.shape.services.parse(services),
    readSecret,
    redactor: testRedactor,
  };
  const found = [...localEffectors(settings, readSecret, testRedactor), ...upkeepEffectors(upkeep)].find(
    (one) => one.name === name,
  );
  if (found === undefined) throw new Error(`there is no effector ${name}`);
  return found;
}

async function countOperations(
  arrange: () => Promise<{ effector: Effector; ctx: EffectorContext; world: EffectorWorld }>,
): Promise<number> {
  const { effector, ctx, world } = await arrange();
  expect(await effector.apply(ctx, world.parameters)).toMatchObject({ ok: true });
  const total = world.operations();
  expect(total).toBeGreaterThan(0);
  await effector.undo(ctx, world.parameters, {});
  return total;
}

export async function runElsewhere(request: Readonly<Record<string, unknown>>) {
  const child = spawn(process.execPath, [effectorProcess(), JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await exited;
  return { stdout, stderr, signal: child.signalCode };
}
