import { z } from "zod";
import { formatNetwork, networksOverlap, parseAddressOrNetwork, toIso } from "../../../kernel/index.ts";
import type { Network } from "../../../kernel/index.ts";
import { defineEffector } from "../../effector.ts";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../../effector.ts";
import { blockLedger, wantedCuts } from "./block-ledger.ts";
import type { Block } from "./block-ledger.ts";
import { durationParameter, endOf } from "./durations.ts";
import { findFirewall } from "./find-firewall.ts";
import type { FirewallChoice } from "./find-firewall.ts";
import { cutKey, DIRECTIONS } from "./firewall.ts";
import type { Cut, Direction, Firewall } from "./firewall.ts";
import { ENTRIES_MAX } from "./ledger.ts";
import { describeProtected, findLocal, findProtection, protectedBy } from "./protected-networks.ts";
import type { FirewallSurroundings } from "./protected-networks.ts";

export interface BlockSurroundings extends FirewallSurroundings {
  readonly use: FirewallChoice;
}

/** Wider networks are no attacker but a part of the world. */
const PREFIX_MIN = { 32: 16, 128: 32 } as const;
const LONGEST_MS = 30 * 86_400_000;

const addressText = z.string().trim().min(2).max(64);
const parameters = z.strictObject({
  /** an address or network, or several: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/48` */
  address: z.union([addressText, z.array(addressText).min(1).max(1000)]),
  /** `in`: what comes from there; `out`: what goes there; `both` */
  direction: z.enum(["both", ...DIRECTIONS]).default("both"),
  /** needed where nothing else says when it ends */
  for: durationParameter(LONGEST_MS, "30 days").optional(),
});
type Parameters = z.output<typeof parameters>;

/**
 * Cuts addresses off from this host for a time. What people and Firebreak itself need can never be blocked. Several blocks
 * of one address are counted: it is free when the last of them is over.
 */
export function createBlockEffector(surroundings: BlockSurroundings): Effector {
  return defineEffector({
    name: "firewall.block",
    title: "Block addresses for a time",
    destroysEvidence: false,
    idempotent: true,
    expiry: "by_undo",
    rateLimit: { max: 200, perMs: 600_000 },
    parameters,
    checkNeeds: async () => {
      const found = findFirewall(surroundings.use);
      return "problem" in found
        ? [{ what: "this host has no packet filter to block with", remedy: found.problem }]
        : [];
    },
    blastRadius: async (_ctx, given) => ({ agents: [], hosts: [], services: [], addresses: textsOf(given) }),
    preview: async (ctx, given) => {
      const judged = await judge(ctx, given, surroundings);
      if ("refusal" in judged) return [`refused: ${judged.refusal}`];
      const until = toIso(judged.untilMs);
      return [
        ...judged.networks.map((one) => `${VERB[given.direction]} ${formatNetwork(one)} until ${until}`),
        ...judged.unresolved.map(
          (host) => `careful: ${host} cannot be looked up, so its address is not kept from being blocked`,
        ),
      ];
    },
    apply: (ctx, given) => applyBlock(ctx, given, surroundings),
    verify: async (ctx, _given, output) => verifyBlock(ctx, firewallOf(surroundings), output),
    undo: async (ctx, _given, output) => undoBlock(ctx, firewallOf(surroundings), output),
  });
}

const VERB = { both: "cuts off", in: "drops what comes from", out: "drops what goes to" } as const;
const keyOf = ({ runId, stepId }: Pick<EffectorContext, "runId" | "stepId">) => `${runId}/${stepId}`;

function firewallOf({ use }: BlockSurroundings): Firewall {
  const found = findFirewall(use);
  if ("firewall" in found) return found.firewall;
  throw new Error(found.problem);
}

function textsOf({ address }: Pick<Parameters, "address">): string[] {
  return typeof address === "string" ? [address] : address;
}

interface Judged {
  readonly networks: readonly Network[];
  readonly untilMs: number;
  readonly unresolved: readonly string[];
}

/** @returns what would be blocked until when, or why it must not be */
async function judge(
  ctx: EffectorContext,
  given: Parameters,
  surroundings: BlockSurroundings,
): Promise<Judged | { readonly refusal: string }> {
  const untilMs = endOf(ctx.expiresAt, given.for, ctx.clock.now());
  if (untilMs === null) return { refusal: "it must have an end: say how long (for: 1h, or --for 1h)" };
  if (untilMs <= ctx.clock.now()) return { refusal: "its time is over" };
  if (untilMs - ctx.clock.now() > LONGEST_MS) return { refusal: "a block lasts 30 days at most" };
  const networks: Network[] = [];
  for (const text of textsOf(given)) {
    const network = parseAddressOrNetwork(text);
    if (network === undefined) return { refusal: `${JSON.stringify(text)} is no IP address or network` };
    const least = PREFIX_MIN[network.width];
    if (network.length < least) {
      return { refusal: `${formatNetwork(network)} is too wide: networks of /${least} and smaller can be blocked` };
    }
    networks.push(network);
  }
  const protection = await findProtection(surroundings);
  for (const network of networks) {
    const kept = protectedBy(network, protection);
    if (kept !== undefined) {
      return { refusal: `${formatNetwork(network)} is never blocked: ${describeProtected(kept)}` };
    }
  }
  return { networks, untilMs, unresolved: protection.unresolved };
}

async function applyBlock(
  ctx: EffectorContext,
  given: Parameters,
  surroundings: BlockSurroundings,
): Promise<EffectorOutcome> {
  const judged = await judge(ctx, given, surroundings);
  if ("refusal" in judged) return { ok: false, reason: "denied", message: judged.refusal };
  const firewall = firewallOf(surroundings);
  const nowMs = ctx.clock.now();
  const key = keyOf(ctx);
  const outcome = await blockLedger.change(ctx, async (blocks, write): Promise<EffectorOutcome> => {
    const known = blocks.find((one) => one.key === key);
    if (known === undefined && blocks.length >= ENTRIES_MAX) {
      return { ok: false, reason: "conflict", message: `${ENTRIES_MAX} blocks are in force already` };
    }
    const block: Block = {
      key,
      addresses: judged.networks.map(formatNetwork),
      directions: given.direction === "both" ? [...DIRECTIONS] : [given.direction],
      // applied again it ends when it was going to end
      forMs: known?.forMs ?? judged.untilMs - nowMs,
      untilMs: known?.untilMs ?? judged.untilMs,
      by: `${ctx.actor.kind} ${ctx.actor.name}`,
    };
    const wanted = [...blocks.filter((one) => one.key !== key), block];
    write(wanted);
    await firewall.make(wantedCuts(wanted, nowMs));
    return { ok: true, output: outputOf(block, firewall), message: "" };
  });
  return outcome.ok ? verifyBlock(ctx, firewall, outcome.output) : outcome;
}

function outputOf({ key, addresses, directions, untilMs }: Block, { name }: Firewall): EffectorOutput {
  return { key, addresses, directions, until: toIso(untilMs), firewall: name };
}

const recorded = z.object({
  key: z.string(),
  addresses: z.array(z.string()),
  directions: z.array(z.enum(DIRECTIONS)),
  until: z.string(),
});

/** Reads the packet filter itself. */
async function verifyBlock(ctx: EffectorContext, firewall: Firewall, output: EffectorOutput): Promise<EffectorOutcome> {
  const block = recorded.safeParse(output).data ?? ownBlock(ctx);
  if (block === undefined) return { ok: false, reason: "not_found", message: "no block of this step is known", output };
  const present = new Set((await firewall.read()).map(cutKey));
  const missing = cutsOf(block).filter(({ key }) => !present.has(key));
  if (missing.length > 0) {
    const what = missing
      .slice(0, 5)
      .map((one) => `${one.address} (${one.direction})`)
      .join(", ");
    return { ok: false, reason: "unverified", message: `${firewall.name} does not block ${what}`, output };
  }
  const open = firewall.cutsOpenConnections ? "" : "; connections that are open already go on";
  const message = `${firewall.name} blocks ${block.addresses.slice(0, 5).join(", ")} until ${block.until}${open}`;
  return { ok: true, output, message };
}

/** After a crash there is no output: what this step blocked stands in the ledger. */
function ownBlock(ctx: EffectorContext): z.output<typeof recorded> | undefined {
  const block = blockLedger.read(ctx).find((one) => one.key === keyOf(ctx));
  return block === undefined ? undefined : { ...block, until: toIso(block.untilMs) };
}

function cutsOf({ addresses, directions }: { addresses: readonly string[]; directions: readonly Direction[] }) {
  return addresses.flatMap((address) => {
    const network = parseAddressOrNetwork(address);
    if (network === undefined) return [];
    return directions.map((direction) => ({ address, direction, key: cutKey({ network, direction }) }));
  });
}

async function undoBlock(ctx: EffectorContext, firewall: Firewall, output: EffectorOutput): Promise<EffectorOutcome> {
  const key = keyOf(ctx);
  return blockLedger.change(ctx, async (blocks, write): Promise<EffectorOutcome> => {
    const kept = blocks.filter((one) => one.key !== key);
    const cuts = wantedCuts(kept, ctx.clock.now());
    await firewall.make(cuts);
    // only now: what the filter refused to open is still known
    if (kept.length < blocks.length) write(kept);
    const still = new Set(cuts.map(cutKey));
    const others = cutsOf(recorded.safeParse(output).data ?? { addresses: [], directions: [] }).filter((cut) =>
      still.has(cut.key),
    );
    const message =
      others.length === 0 ? "the block is lifted" : "this block is lifted; another one of the address is in force";
    return { ok: true, output, message };
  });
}

/** What a pass of `reconcileFirewall` found. */
export interface Reconciled {
  readonly blocks: number;
  readonly missing: number;
  readonly foreign: number;
}

/**
 * Makes the packet filter agree with the ledger: blocks come back after a reboot or a flush with the time that is left, and
 * what has no block any more goes. What has become an address of this host, its gateway or name server is let through.
 *
 * @returns undefined where there is nothing to do and nothing to look at
 */
export async function reconcileFirewall(
  ctx: Pick<EffectorContext, "home" | "clock" | "logger">,
  { use }: Pick<BlockSurroundings, "use">,
): Promise<Reconciled | undefined> {
  const found = findFirewall(use);
  if ("problem" in found || !blockLedger.exists(ctx)) return undefined;
  const { firewall } = found;
  return blockLedger.change(ctx, async (blocks) => {
    const local = await findLocal();
    const isLocal = ({ network }: Cut) => local.some((one) => networksOverlap(one.network, network));
    const [harmful, wanted] = partition(wantedCuts(blocks, ctx.clock.now()), isLocal);
    const present = new Set((await firewall.read()).map(cutKey));
    const missing = wanted.filter((cut) => !present.has(cutKey(cut))).length;
    const foreign = present.size - (wanted.length - missing);
    if (missing > 0 || foreign > 0) await firewall.make(wanted);
    if (missing > 0) ctx.logger.warn("blocks were missing in the packet filter and are there again", { missing });
    for (const { network } of harmful) {
      ctx.logger.warn("a block is left out: this host needs the address by now", { network: formatNetwork(network) });
    }
    return { blocks: blocks.length, missing, foreign };
  });
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter((one) => test(one)), all.filter((one) => !test(one))];
}
