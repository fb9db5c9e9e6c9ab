import { createHash } from "node:crypto";
import { z } from "zod";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput, MissingNeed } from "../effector.ts";
import { defineEffector } from "../effector.ts";
import { cgroupInNft, isRoot, watchTree } from "../process-tree/index.ts";
import { handleOf } from "../registry.ts";
import { runSystemProgram } from "../system-program.ts";
import type { AgentParameters } from "./agent-effectors.ts";
import { agentParameters, sessionsOf } from "./agent-effectors.ts";

const cut = z.object({ sessionId: z.string(), table: z.string().regex(/^fb_cut_[0-9a-f]{16}$/) });
const cutOutput = z.object({ cuts: z.array(cut) });
type Cut = z.infer<typeof cut>;

/**
 * Cuts the network of an agent's processes alone: the packet filter drops what sockets of their cgroup send and receive,
 * this machine's own addresses included, also what waits in the kernel while the tree is frozen.
 */
export const cutNetworkEffector: Effector = defineEffector({
  name: "agent.cut_network",
  title: "Cut the network of an agent's processes",
  destroysEvidence: false,
  idempotent: true,
  expiry: "by_undo",
  parameters: agentParameters,
  checkNeeds,
  blastRadius: async (_ctx, { agentId }) => ({ agents: [agentId], hosts: [], services: [], addresses: [] }),
  preview: async (ctx, parameters) =>
    sessionsOf(ctx, parameters).map((one) =>
      groupOf(one) === null
        ? `cannot cut session ${one.sessionId}: it has no cgroup of version 2`
        : `drops every packet of session ${one.sessionId}`,
    ),
  apply: applyCut,
  verify: verifyCut,
  undo: undoCut,
});

async function checkNeeds(): Promise<readonly MissingNeed[]> {
  if (!isRoot()) return [{ what: "only root may change the packet filter", remedy: "run Firebreak as root" }];
  const { code } = await runSystemProgram(["nft", "--version"]);
  return code === 0 ? [] : [{ what: "there is no nft here", remedy: "on Debian: apt-get install nftables" }];
}

type Covered = ReturnType<typeof sessionsOf>[number];

function groupOf({ cgroup }: Covered) {
  return cgroup === null ? null : cgroupInNft(cgroup);
}

/** The same session has the same table, in whatever process and however often it is cut. */
function tableOf(sessionId: string): string {
  return `fb_cut_${createHash("sha256").update(sessionId).digest("hex").slice(0, 16)}`;
}

function rulesFor(table: string, { path, level }: { path: string; level: number }): string {
  const chain = (hook: string) =>
    `chain ${hook} { type filter hook ${hook} priority -300; policy accept; socket cgroupv2 level ${level} "${path}" counter drop; }`;
  return `table inet ${table} {}\ndelete table inet ${table}\ntable inet ${table} {\n${chain("output")}\n${chain("input")}\n}\n`;
}

async function applyCut(ctx: EffectorContext, parameters: AgentParameters): Promise<EffectorOutcome> {
  const covered = sessionsOf(ctx, parameters).filter(({ tree }) => tree !== "gone");
  if (covered.length === 0) {
    return {
      ok: false,
      reason: "not_found",
      message: `no session of ${parameters.agentId} runs on this machine`,
      output: { cuts: [] },
    };
  }
  const cuts: Cut[] = [];
  for (const one of covered) {
    const group = groupOf(one);
    if (group === null) {
      const message = `session ${one.sessionId} has no cgroup of version 2 by which its packets could be known`;
      return { ok: false, reason: "unavailable", message, output: { cuts } };
    }
    const table = tableOf(one.sessionId);
    const done = await runSystemProgram(["nft", "-f", "-"], { input: rulesFor(table, group), signal: ctx.signal });
    if (done.code !== 0) {
      const message = `nft refused to cut session ${one.sessionId}: ${done.stderr.trim() || (done.problem ?? "")}`;
      return { ok: false, reason: "failed", message, output: { cuts } };
    }
    cuts.push({ sessionId: one.sessionId, table });
  }
  return verifyCut(ctx, parameters, { cuts });
}

async function verifyCut(
  ctx: EffectorContext,
  parameters: AgentParameters,
  output: EffectorOutput,
): Promise<EffectorOutcome> {
  const { cuts } = cutOutput.parse(output);
  if (cuts.length === 0) return { ok: false, reason: "not_found", message: "no session was cut off", output };
  for (const { sessionId, table } of cuts) {
    const listed = await runSystemProgram(["nft", "list", "table", "inet", table], { signal: ctx.signal });
    if (!/socket cgroupv2 .* drop[\s\S]*socket cgroupv2 .* drop/.test(listed.stdout)) {
      return { ok: false, reason: "unverified", message: `the rules of session ${sessionId} are not in force`, output };
    }
  }
  const outside = sessionsOf(ctx, parameters).flatMap((one) => watchTree(handleOf(one), new Map()));
  if (outside.length > 0) {
    const names = outside.slice(0, 10).map(({ pid, command }) => `${pid} ${command}`);
    const message = `these left the cgroup and still have their network: ${names.join(", ")}`;
    return { ok: false, reason: "unverified", message, output };
  }
  return { ok: true, output, message: `${cuts.length} session(s) cut off from every network` };
}

/** Without a record, after a crash, the sessions that are registered are let go. */
async function undoCut(
  ctx: EffectorContext,
  parameters: AgentParameters,
  output: EffectorOutput,
): Promise<EffectorOutcome> {
  const recorded = cutOutput.safeParse(output).data?.cuts.map(({ table }) => table) ?? [];
  const tables = new Set([...recorded, ...sessionsOf(ctx, parameters).map(({ sessionId }) => tableOf(sessionId))]);
  for (const table of tables) {
    const undone = await runSystemProgram(["nft", "-f", "-"], {
      input: `table inet ${table} {}\ndelete table inet ${table}\n`,
    });
    if (undone.code !== 0)
      return { ok: false, reason: "failed", message: `nft refused: ${undone.stderr.trim()}`, output };
  }
  return { ok: true, output, message: "the network is open to it again" };
}
