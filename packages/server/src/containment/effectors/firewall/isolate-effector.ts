import { hostname } from "node:os";
import { z } from "zod";
import { formatNetwork, parseAddressOrNetwork, toIso } from "../../../kernel/index.ts";
import { defineEffector } from "../../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../../effector.ts";
import { durationParameter, endOf } from "./durations.ts";
import { isInstalled } from "./find-firewall.ts";
import { isolateHost, openHost, readIsolation } from "./isolation-rules.ts";
import { createLedger, ledgerEntry, remainingMsOf } from "./ledger.ts";
import { describeProtected, findNeeded } from "./protected-networks.ts";
import type { FirewallSurroundings, Protection } from "./protected-networks.ts";

const LONGEST_MS = 7 * 86_400_000;
/** Longer only while one is in force: whoever asks again has seen that the host can still be reached. */
export const FIRST_ISOLATION_MS = 30 * 60_000;

const isolation = ledgerEntry.extend({ allowed: z.array(z.string().max(64)).max(2000) });
type Isolation = z.infer<typeof isolation>;

const isolationLedger = createLedger("isolations", isolation);

const parameters = z.strictObject({
  /** needed where nothing else says when it ends; the first time half an hour at most */
  for: durationParameter(LONGEST_MS, "7 days").optional(),
  /** addresses that stay open too, such as the one that somebody is at work from */
  allow: z
    .array(
      z
        .string()
        .max(64)
        .refine((text) => parseAddressOrNetwork(text) !== undefined, "use an address or network, like 192.0.2.7"),
    )
    .max(50)
    .default([]),
});
type Parameters = z.output<typeof parameters>;

/**
 * Cuts this host off, but for its people, its database and loopback. It ends by itself in the kernel, also when Firebreak,
 * its server or everybody's connection is gone.
 */
export function createIsolateEffector(surroundings: FirewallSurroundings): Effector {
  return defineEffector({
    name: "host.isolate",
    title: "Cut this host off from the network",
    destroysEvidence: false,
    idempotent: true,
    expiry: "by_undo",
    rateLimit: { max: 10, perMs: 600_000 },
    parameters,
    checkNeeds: async () => missingNeeds(process.platform),
    blastRadius: async () => ({ agents: [], hosts: [hostname()], services: [], addresses: [] }),
    preview: async (ctx, given) => {
      const until = judgeEnd(ctx, given);
      if (typeof until === "string") return [`refused: ${until}`];
      const { networks, unresolved } = await findOpen(surroundings, given);
      return [
        `drops all traffic of ${hostname()} and of its containers until ${toIso(until)}, when it ends by itself`,
        ...(networks.length === 0 ? ["only this machine itself reaches it: no address of a person is known"] : []),
        ...networks.map((one) => `stays open: ${describeProtected(one)}`),
        ...unresolved.map((host) => `careful: ${host} cannot be looked up, so it will be cut off`),
      ];
    },
    apply: (ctx, given) => applyIsolation(ctx, given, surroundings),
    verify: async (ctx, _given, output) => verifyIsolation(ctx, output),
    undo: async (ctx, _given, output) => undoIsolation(ctx, output),
  });
}

function missingNeeds(platform: NodeJS.Platform) {
  if (platform !== "linux")
    return [{ what: "hosts are isolated on Linux only", remedy: "turn its network off by hand" }];
  if (isInstalled("nft")) return [];
  return [{ what: "the program nft is missing", remedy: "install the package nftables (apt-get install nftables)" }];
}

const keyOf = ({ runId, stepId }: EffectorContext) => `${runId}/${stepId}`;

/** Whoever stays connected: those whom this host needs, and those who were named. */
async function findOpen(surroundings: FirewallSurroundings, { allow }: Parameters): Promise<Protection> {
  const { networks, unresolved } = await findNeeded(surroundings);
  const named = allow.flatMap((text) => parseAddressOrNetwork(text) ?? []);
  return { networks: [...networks, ...named.map((network) => ({ network, why: "named to stay open" }))], unresolved };
}

/** @returns when it ends, or why it must not be */
function judgeEnd(ctx: EffectorContext, given: Parameters): number | string {
  const nowMs = ctx.clock.now();
  const untilMs = endOf(ctx.expiresAt, given.for, nowMs);
  if (untilMs === null) return "it must have an end: say how long (for: 15m, or --for 15m)";
  if (untilMs <= nowMs) return "its time is over";
  if (untilMs - nowMs > LONGEST_MS) return "a host is isolated for 7 days at most";
  const isInForce = isolationLedger.read(ctx).length > 0;
  if (isInForce || untilMs - nowMs <= FIRST_ISOLATION_MS) return untilMs;
  return "the first time it lasts 30 minutes at most: isolate it, see that you still reach it, then ask again for longer";
}

async function applyIsolation(
  ctx: EffectorContext,
  given: Parameters,
  surroundings: FirewallSurroundings,
): Promise<EffectorOutcome> {
  const untilMs = judgeEnd(ctx, given);
  if (typeof untilMs === "string") return { ok: false, reason: "denied", message: untilMs };
  const { networks } = await findOpen(surroundings, given);
  const key = keyOf(ctx);
  const output = await isolationLedger.change(ctx, async (entries, write) => {
    const nowMs = ctx.clock.now();
    const known = entries.find((one) => one.key === key);
    const entry: Isolation = {
      key,
      forMs: known?.forMs ?? untilMs - nowMs,
      untilMs: known?.untilMs ?? untilMs,
      allowed: [...new Set(networks.map(({ network }) => formatNetwork(network)))],
      by: `${ctx.actor.kind} ${ctx.actor.name}`,
    };
    const all = [...entries.filter((one) => one.key !== key), entry];
    write(all);
    await makeIsolation(all, nowMs);
    return { key, host: hostname(), until: toIso(entry.untilMs), allowed: entry.allowed };
  });
  return verifyIsolation(ctx, output);
}

/** Of several, the longest counts; all of their people are let in. */
async function makeIsolation(entries: readonly Isolation[], nowMs: number): Promise<void> {
  if (entries.length === 0) return openHost();
  const remainingMs = Math.max(...entries.map((one) => remainingMsOf(one, nowMs)));
  await isolateHost([...new Set(entries.flatMap((one) => one.allowed))], remainingMs);
}

/** Reads the kernel itself. */
async function verifyIsolation(ctx: EffectorContext, output: EffectorOutput): Promise<EffectorOutcome> {
  if (!isolationLedger.read(ctx).some((one) => one.key === keyOf(ctx))) {
    return { ok: false, reason: "not_found", message: "no isolation of this step is in force", output };
  }
  const remainingMs = (await readIsolation()) ?? 0;
  if (remainingMs <= 0)
    return { ok: false, reason: "unverified", message: "the kernel does not isolate this host", output };
  const message = `${hostname()} is isolated; the kernel ends it by itself in ${Math.ceil(remainingMs / 60_000)} minute(s)`;
  return { ok: true, output, message };
}

async function undoIsolation(ctx: EffectorContext, output: EffectorOutput): Promise<EffectorOutcome> {
  return isolationLedger.change(ctx, async (entries, write): Promise<EffectorOutcome> => {
    const kept = entries.filter((one) => one.key !== keyOf(ctx));
    await makeIsolation(kept, ctx.clock.now());
    if (kept.length < entries.length) write(kept);
    const message =
      kept.length === 0 ? "this host is no longer isolated" : "another isolation of this host is in force";
    return { ok: true, output, message };
  });
}

/** An isolation comes back after a reboot or a flush with the time that is left; one that is over leaves nothing behind. */
export async function reconcileIsolation(ctx: Pick<EffectorContext, "home" | "clock" | "logger">): Promise<void> {
  if (missingNeeds(process.platform).length > 0 || !isolationLedger.exists(ctx)) return;
  await isolationLedger.change(ctx, async (entries) => {
    const remainingMs = await readIsolation();
    if (entries.length === 0 ? remainingMs === null : (remainingMs ?? 0) > 0) return;
    await makeIsolation(entries, ctx.clock.now());
    ctx.logger.warn("the kernel did not agree with the isolation of this host and was mended", {
      entries: entries.length,
    });
  });
}
