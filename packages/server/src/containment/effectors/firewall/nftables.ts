import { z } from "zod";
import { formatNetwork, parseAddressOrNetwork } from "../../../kernel/index.ts";
import type { Network } from "../../../kernel/index.ts";
import { asRoot, runSystemProgram } from "../../system-program.ts";
import { cutKey, FirewallFault } from "./firewall.ts";
import type { Cut, Direction, Firewall, WantedCut } from "./firewall.ts";

const TABLE = "inet firebreak";
/** Before the filters of others, so that nothing they accept passes a cut. */
const PRIORITY = -10;
/** Times that differ by less are the same: reading and writing them takes a while, and the kernel tells whole seconds. */
const SAME_TIME_MS = 3_000;

/**
 * Cuts in the kernel of Linux: the table `inet firebreak` has one set for each direction and length of prefix, so that
 * networks in one set never overlap. Elements carry their time: the kernel takes them out by itself.
 */
export function createNftables(): Firewall {
  return {
    name: "nftables",
    cutsOpenConnections: true,
    read: readCuts,
    make: async (wanted) => {
      const there = await readTable();
      await runScript(scriptFor(wanted, there));
    },
  };
}

/** Sets by name, and whether the rules stand as this version writes them. */
interface Table {
  readonly sets: ReadonlyMap<string, readonly Cut[]>;
  readonly rules: ReadonlySet<string>;
}

const element = z.union([
  z.object({ elem: z.object({ val: z.unknown(), expires: z.number().optional() }) }).transform(({ elem }) => elem),
  z.unknown().transform((val) => ({ val, expires: undefined })),
]);
const prefix = z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) });
const listed = z.object({
  nftables: z.array(
    z.object({
      set: z.object({ name: z.string(), elem: z.array(element).default([]) }).optional(),
      chain: z.object({ name: z.string(), hook: z.string().optional(), prio: z.number().optional() }).optional(),
      rule: z.object({ chain: z.string(), expr: z.array(z.unknown()) }).optional(),
    }),
  ),
});

async function readCuts(): Promise<readonly Cut[]> {
  const { sets, rules } = await readTable();
  const inForce = [...sets].filter(([name]) => hasItsRules(name, rules));
  return inForce.flatMap(([, cuts]) => cuts);
}

/** A set that no rule looks at cuts nothing. */
function hasItsRules(set: string, rules: ReadonlySet<string>): boolean {
  return rulesOf(set).every(({ chain }) => rules.has(`${chain} ${set}`));
}

async function readTable(): Promise<Table> {
  const text = await readRuleset("list table inet firebreak");
  if (text === null) return { sets: new Map(), rules: new Set() };
  const parsed = listed.safeParse(parseJson(text));
  if (!parsed.success) throw new FirewallFault(`nft answers in a form that is not known: ${parsed.error.message}`);
  const sets = new Map<string, readonly Cut[]>();
  const rules = new Set<string>();
  const hooked = new Set<string>();
  for (const { set, chain, rule } of parsed.data.nftables) {
    if (set !== undefined)
      sets.set(
        set.name,
        set.elem.flatMap((one) => readElement(set.name, one)),
      );
    if (chain !== undefined && chain.hook === chain.name && chain.prio === PRIORITY) hooked.add(chain.name);
    if (rule !== undefined && hooked.has(rule.chain)) {
      const name = /"right":"@([a-z0-9_]+)"/.exec(JSON.stringify(rule.expr))?.[1];
      if (name !== undefined && JSON.stringify(rule.expr.at(-1)) === '{"drop":null}')
        rules.add(`${rule.chain} ${name}`);
    }
  }
  return { sets, rules };
}

/** @returns what nft lists as JSON; null when there is no such table */
export async function readRuleset(command: string): Promise<string | null> {
  const run = await runSystemProgram(asRoot(["nft", "-j", ...command.split(" ")]));
  if (run.code === 0) return run.stdout;
  if (/No such file or directory/.test(run.stderr)) return null;
  throw new FirewallFault(explain(run));
}

/** Runs all of it as one transaction of the kernel. */
export async function runScript(script: string): Promise<void> {
  const run = await runSystemProgram(asRoot(["nft", "-f", "-"]), { input: script });
  if (run.code !== 0) throw new FirewallFault(explain(run));
}

function explain({ problem, stderr, code }: { problem: string | null; stderr: string; code: number | null }): string {
  const said = stderr.trim().split("\n")[0]?.slice(0, 300) ?? "";
  return `nft: ${problem ?? (said === "" ? `exit code ${String(code)}` : said)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readElement(set: string, { val, expires }: { val?: unknown; expires?: number | undefined }): Cut[] {
  const direction: Direction = set.startsWith("in") ? "in" : "out";
  const asPrefix = prefix.safeParse(val).data?.prefix;
  const text = asPrefix === undefined ? val : `${asPrefix.addr}/${asPrefix.len}`;
  const network = typeof text === "string" ? parseAddressOrNetwork(text) : undefined;
  return network === undefined ? [] : [{ network, direction, remainingMs: (expires ?? 0) * 1000 }];
}

const setName = ({ network, direction }: Pick<Cut, "network" | "direction">): string =>
  `${direction}${network.width === 32 ? 4 : 6}_${network.length}`;

/** What is dropped also on its way through the host, to and from containers. */
function rulesOf(set: string): { chain: string; text: string }[] {
  const family = set.includes("4_") ? "ip" : "ip6";
  return set.startsWith("in")
    ? ["input", "forward"].map((chain) => ({ chain, text: `${family} saddr @${set} drop` }))
    : ["output", "forward"].map((chain) => ({ chain, text: `${family} daddr @${set} drop` }));
}

/** From what is there to what is wanted, in one script. */
export function scriptFor(wanted: readonly WantedCut[], there: Pick<Table, "sets">): string {
  const bySet = new Map<string, WantedCut[]>();
  for (const cut of wanted) bySet.set(setName(cut), [...(bySet.get(setName(cut)) ?? []), cut]);
  const names = [...new Set([...there.sets.keys(), ...bySet.keys()])].toSorted();
  return [
    `add table ${TABLE}`,
    ...names.map((name) => `add set ${TABLE} ${name} { ${typeOf(name)} }`),
    ...["input", "forward", "output"].flatMap((chain) => [
      `add chain ${TABLE} ${chain} { type filter hook ${chain} priority ${PRIORITY}; policy accept; }`,
      `flush chain ${TABLE} ${chain}`,
    ]),
    `add rule ${TABLE} input iifname "lo" accept`,
    `add rule ${TABLE} output oifname "lo" accept`,
    ...names.flatMap((name) => rulesOf(name).map(({ chain, text }) => `add rule ${TABLE} ${chain} ${text}`)),
    ...names.flatMap((name) => changesOf(name, there.sets.get(name) ?? [], bySet.get(name) ?? [])),
    "",
  ].join("\n");
}

function typeOf(set: string): string {
  const type = set.includes("4_") ? "type ipv4_addr" : "type ipv6_addr";
  const isSingle = set.endsWith("4_32") || set.endsWith("6_128");
  return `${type}; flags ${isSingle ? "timeout" : "interval,timeout"};`;
}

function changesOf(set: string, there: readonly Cut[], wanted: readonly WantedCut[]): string[] {
  const present = new Map(there.map((cut) => [cutKey(cut), cut]));
  const kept = new Set<string>();
  const added: WantedCut[] = [];
  for (const cut of wanted) {
    const now = present.get(cutKey(cut));
    if (now !== undefined && Math.abs((now.remainingMs ?? 0) - cut.remainingMs) < SAME_TIME_MS) kept.add(cutKey(cut));
    else added.push(cut);
  }
  const gone = there.filter((cut) => !kept.has(cutKey(cut)));
  return [
    ...elements(
      "delete",
      set,
      gone.map((cut) => formatNetwork(cut.network)),
    ),
    ...elements("add", set, added.map(timed)),
  ];
}

function timed({ network, remainingMs }: { network: Network; remainingMs: number }): string {
  return `${formatNetwork(network)} timeout ${Math.max(1, Math.ceil(remainingMs / 1000))}s`;
}

function elements(verb: "add" | "delete", set: string, texts: readonly string[]): string[] {
  return texts.length === 0 ? [] : [`${verb} element ${TABLE} ${set} { ${texts.join(", ")} }`];
}
