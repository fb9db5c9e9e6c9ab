import { createHash } from "node:crypto";
import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { ensurePrivateDir, syncDir, writeFileAtomic } from "../../../kernel/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../../effector.ts";
import { checkEngine } from "./check-engine.ts";
import type { Container } from "./container.ts";
import { containerTarget, explainFaults, findTargets } from "./container-effector.ts";
import type { EngineClient } from "./engine-client.ts";
import { EngineError } from "./engine-client.ts";
import { readLogs } from "./read-logs.ts";

const IMAGE = "firebreak-evidence";
const LOG_LINES_MAX = 100_000;
const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** Committing copies what the container has written; large ones take minutes. */
const COMMIT_MS = 280_000;

const manifest = z.object({
  container: z.string(),
  name: z.string(),
  image: z.string(),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
});
type Manifest = z.infer<typeof manifest>;

/**
 * Keeps what a container is, for whoever looks at it later: its file system as an image of the engine, and its
 * description, processes, changed files and logs as files in the home. Memory and volumes are not in it.
 */
export function snapshotEffector(engine: EngineClient): Effector {
  return defineEffector({
    name: "docker.snapshot",
    title: "Keep an image, logs and processes of containers",
    destroysEvidence: false,
    idempotent: true,
    expiry: "none",
    parameters: containerTarget,
    checkNeeds: () => checkEngine(engine),
    blastRadius: async (ctx, target) => ({
      ...TOUCHES_NOTHING,
      services: (await findTargets(engine, target, ctx.signal)).map(({ name }) => name),
    }),
    preview: async (ctx, target) =>
      (await findTargets(engine, target, ctx.signal)).map(
        ({ name }) => `commits ${name} to the image ${IMAGE}, pausing it meanwhile, and keeps its logs and processes`,
      ),
    apply: async (ctx, target) =>
      explainFaults(async () => {
        const containers = await findTargets(engine, target, ctx.signal);
        if (containers.length === 0) return { ok: false, reason: "not_found", message: "there is no such container" };
        const kept: Manifest[] = [];
        for (const container of containers) kept.push(await keep(engine, ctx, container));
        return describeKept(ctx, kept);
      }),
    verify: async (ctx, target) =>
      explainFaults(async () => {
        const containers = await findTargets(engine, target, ctx.signal);
        const kept = containers.map((one) => readManifest(ctx, one));
        const there = kept.filter((one) => one !== null);
        for (const { image } of there)
          await engine.call({ method: "GET", path: `/images/${image}/json`, signal: ctx.signal });
        if (there.length > 0 && there.length === kept.length) return describeKept(ctx, there);
        return { ok: false, reason: "unverified", message: "not every container has a snapshot" };
      }),
    undo: { stays: "Evidence is never removed." },
  });
}

function describeKept(ctx: EffectorContext, kept: readonly Manifest[]): EffectorOutcome {
  const images = kept.map(({ image }) => image).join(", ");
  const message = `${kept.length} snapshot(s): ${images}, files in ${join(ctx.home, "evidence", "containers")}`;
  return { ok: true, output: { snapshots: kept }, message };
}

/** The same step of the same run has the same snapshot. */
function tagOf({ runId, stepId }: EffectorContext, { id }: Container): string {
  return createHash("sha256").update(`${runId}/${stepId}/${id}`).digest("hex").slice(0, 32);
}

const dirOf = (ctx: EffectorContext, one: Container) => join(ctx.home, "evidence", "containers", tagOf(ctx, one));

function readManifest(ctx: EffectorContext, container: Container): Manifest | null {
  const file = join(dirOf(ctx, container), "manifest.json");
  return existsSync(file) ? manifest.parse(JSON.parse(readFileSync(file, "utf8"))) : null;
}

/** The manifest is written last: with it the snapshot is whole. */
async function keep(engine: EngineClient, ctx: EffectorContext, container: Container): Promise<Manifest> {
  const earlier = readManifest(ctx, container);
  if (earlier !== null) return earlier;
  const dir = dirOf(ctx, container);
  ensurePrivateDir(join(ctx.home, "evidence"));
  ensurePrivateDir(dir);
  const image = await commit(engine, ctx, container);
  const { signal } = ctx;
  const ask = (verb: string) => engine.call({ method: "GET", path: `/containers/${container.id}/${verb}`, signal });
  const description = await ask("json");
  const files = [
    await writeText(dir, "container.json", JSON.stringify(withoutValues(description), null, 2)),
    await writeText(dir, "processes.json", await askText(() => ask("top"))),
    await writeText(dir, "changed-files.json", await askText(() => ask("changes"))),
    await writeLimited(dir, "logs.txt", readLogs(await openLogs(engine, container, signal), hasTerminal(description))),
  ];
  const made = { container: container.id, name: container.name, image, files };
  writeFileAtomic(join(dir, "manifest.json"), JSON.stringify(made, null, 2), { durable: true });
  syncDir(dir);
  return made;
}

async function commit(engine: EngineClient, ctx: EffectorContext, container: Container): Promise<string> {
  const query = { container: container.id, repo: IMAGE, tag: tagOf(ctx, container), pause: "true" };
  const answer = await engine.call({
    method: "POST",
    path: "/commit",
    query,
    body: {},
    timeoutMs: COMMIT_MS,
    signal: ctx.signal,
  });
  return z.object({ Id: z.string() }).parse(answer).Id;
}

/** What cannot be had (the processes of one that does not run) is said in its place. */
async function askText(ask: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await ask(), null, 2);
  } catch (fault) {
    if (fault instanceof EngineError && fault.status !== null) return JSON.stringify({ notAvailable: fault.message });
    throw fault;
  }
}

const inspected = z.looseObject({
  Config: z.looseObject({ Env: z.array(z.string()).nullish(), Tty: z.boolean().optional() }),
});

/** Environments hold keys: their names are evidence, their values are not kept. */
function withoutValues(description: unknown): unknown {
  const parsed = inspected.parse(description);
  const names = (parsed.Config.Env ?? []).map((one) => `${one.split("=", 1)[0] ?? ""}=(not kept)`);
  return { ...parsed, Config: { ...parsed.Config, Env: names } };
}

const hasTerminal = (description: unknown) => inspected.parse(description).Config.Tty ?? false;

function openLogs(engine: EngineClient, { id }: Container, signal: AbortSignal) {
  const query = { stdout: "true", stderr: "true", timestamps: "true", tail: String(LOG_LINES_MAX) };
  return engine.stream({ method: "GET", path: `/containers/${id}/logs`, query, timeoutMs: 60_000, signal });
}

type Kept = Manifest["files"][number];

function writeText(dir: string, name: string, text: string): Promise<Kept> {
  return writeLimited(dir, name, Readable.from([Buffer.from(text)]));
}

async function writeLimited(dir: string, name: string, source: AsyncIterable<Buffer>): Promise<Kept> {
  const hash = createHash("sha256");
  let bytes = 0;
  async function* limited() {
    for await (const part of source) {
      const rest = part.subarray(0, FILE_BYTES_MAX - bytes);
      bytes += rest.length;
      hash.update(rest);
      yield rest;
      if (bytes >= FILE_BYTES_MAX) return;
    }
  }
  await pipeline(limited, createWriteStream(join(dir, name), { mode: 0o600, flush: true }));
  return { name, bytes, sha256: hash.digest("hex") };
}
