import { z } from "zod";
import { readRuleset, runScript } from "./nftables.ts";

const TABLE = "inet firebreak_isolation";
/** Before the blocks, and before the filters of others. */
const PRIORITY = -20;
const HOOKS = ["input", "forward", "output"] as const;

/**
 * All traffic of the host is dropped but loopback, the allowed addresses, and what IPv6 needs to find its neighbours. What
 * decides is a set of the two protocols whose elements carry a time: when it is over the kernel empties the set and lets
 * everything through again, whether or not anybody is there to do it.
 */
export function isolationScript(allowed: readonly string[], remainingMs: number): string {
  const seconds = Math.max(1, Math.ceil(remainingMs / 1000));
  const four = allowed.filter((text) => !text.includes(":"));
  const six = allowed.filter((text) => text.includes(":"));
  const neighbours =
    "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept";
  const cut = "meta nfproto @isolated drop";
  return [
    `add table ${TABLE}`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    `set isolated {`,
    `typeof meta nfproto`,
    `flags timeout`,
    `elements = { ipv4 timeout ${seconds}s, ipv6 timeout ${seconds}s }`,
    `}`,
    ...allowedSet("allowed4", "ipv4_addr", four),
    ...allowedSet("allowed6", "ipv6_addr", six),
    ...chain("input", [
      `iifname "lo" accept`,
      "ip saddr @allowed4 accept",
      "ip6 saddr @allowed6 accept",
      neighbours,
      cut,
    ]),
    ...chain("forward", [cut]),
    ...chain("output", [
      `oifname "lo" accept`,
      "ip daddr @allowed4 accept",
      "ip6 daddr @allowed6 accept",
      neighbours,
      cut,
    ]),
    `}`,
    "",
  ].join("\n");
}

function allowedSet(name: string, type: string, addresses: readonly string[]): string[] {
  const elements = addresses.length === 0 ? [] : [`elements = { ${addresses.join(", ")} }`];
  return [`set ${name} {`, `type ${type}`, "flags interval", "auto-merge", ...elements, "}"];
}

function chain(hook: (typeof HOOKS)[number], rules: readonly string[]): string[] {
  return [`chain ${hook} {`, `type filter hook ${hook} priority ${PRIORITY}; policy accept;`, ...rules, "}"];
}

export async function isolateHost(allowed: readonly string[], remainingMs: number): Promise<void> {
  await runScript(isolationScript(allowed, remainingMs));
}

/** Lets everything through again; when nothing is cut this does nothing. */
export async function openHost(): Promise<void> {
  await runScript(`add table ${TABLE}\ndelete table ${TABLE}\n`);
}

const listed = z.object({
  nftables: z.array(
    z.object({
      set: z.object({ name: z.string(), elem: z.array(z.unknown()).default([]) }).optional(),
      chain: z.object({ name: z.string(), hook: z.string(), prio: z.number() }).optional(),
      rule: z.object({ chain: z.string(), expr: z.array(z.unknown()) }).optional(),
    }),
  ),
});
const timedProtocol = z.object({ elem: z.object({ val: z.enum(["ipv4", "ipv6"]), expires: z.number() }) });

/** @returns how much longer the kernel cuts everything, in milliseconds; 0 when it does not, null without any trace of it */
export async function readIsolation(): Promise<number | null> {
  const text = await readRuleset(`list table ${TABLE}`);
  if (text === null) return null;
  const { nftables } = listed.parse(JSON.parse(text));
  const hooked = nftables.flatMap(({ chain: one }) =>
    one?.hook === one?.name && one?.prio === PRIORITY ? [one?.name] : [],
  );
  const dropping = nftables.flatMap(({ rule }) => (rule !== undefined && dropsIsolated(rule.expr) ? [rule.chain] : []));
  if (!HOOKS.every((hook) => hooked.includes(hook) && dropping.includes(hook))) return 0;
  const elements = nftables.find(({ set }) => set?.name === "isolated")?.set?.elem ?? [];
  const times = elements.flatMap((one) => timedProtocol.safeParse(one).data?.elem ?? []);
  const remaining = (protocol: string) => times.find(({ val }) => val === protocol)?.expires ?? 0;
  return Math.min(remaining("ipv4"), remaining("ipv6")) * 1000;
}

function dropsIsolated(expression: readonly unknown[]): boolean {
  const text = JSON.stringify(expression);
  return text.includes('"right":"@isolated"') && text.endsWith('{"drop":null}]');
}
