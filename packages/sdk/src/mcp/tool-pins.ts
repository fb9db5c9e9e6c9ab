import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { isRecord } from "./message.ts";

/** A definition of a tool as it was seen. */
export interface SeenTool {
  /** of the whole definition, whatever the order of its members */
  readonly hash: string;
  /** what it says to the model */
  readonly description: string;
  /** ISO 8601 */
  readonly at: string;
}

/** What counts as approved. `by` is the person who accepted it; null: it was the first that was seen. */
export interface ApprovedTool {
  readonly hash: string;
  readonly by: string | null;
}

/** What a server's tools were when they were approved, beyond the end of a session. */
export interface ToolPins {
  /** @returns null for a tool that was never seen; a hash that no definition has, when what is kept cannot be read */
  readonly approved: (tool: string) => ApprovedTool | null;
  /** The first definition that is seen counts as approved. */
  readonly keep: (tool: string, seen: SeenTool, server: string | undefined) => void;
  /** For a person to look at, and to accept. */
  readonly noteChange: (tool: string, seen: SeenTool) => void;
}

type Tools<T> = Readonly<Record<string, T>>;

/** What is kept of one server, and what a person accepted. */
export interface PinnedServer {
  readonly key: string;
  /** for people: what it calls itself, and its program or address */
  readonly name: string;
  readonly tools: Tools<SeenTool>;
  /** definitions that are not as approved */
  readonly changed: Tools<SeenTool>;
  readonly accepted: Tools<AcceptedTool>;
  /** every acceptance that is still known, in their order; of a tool that was accepted again the last one counts */
  readonly acceptances: readonly Acceptance[];
}

export interface Acceptance extends AcceptedTool {
  readonly tool: string;
}

export interface AcceptedTool {
  readonly hash: string;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

const FILE_BYTES_MAX = 8 * 1024 * 1024;
const TOOLS_MAX = 1000;
const ACCEPTANCES_MAX = 2000;
const DESCRIPTION_CHARACTERS_MAX = 2000;
const UNREADABLE = "unreadable";
const KEY = /^[0-9a-f]{16}$/;

/** @param server the server's command line, or its address: what it says of itself does not count */
export function openToolPins(dir: string, server: readonly string[]): ToolPins {
  const key = createHash("sha256").update(JSON.stringify(server)).digest("hex").slice(0, 16);
  const place = basename(server[0] ?? "");
  const read = () => readPinnedServer(dir, key);
  return {
    approved: (tool) => {
      try {
        const { tools, accepted } = read();
        const one = own(accepted, tool) ?? own(tools, tool);
        return one === undefined ? null : { hash: one.hash, by: "by" in one ? one.by : null };
      } catch {
        return { hash: UNREADABLE, by: null }; // nothing counts as approved, and that is told
      }
    },
    keep: (tool, seen, name) => {
      const { tools, changed } = read();
      if (Object.keys(tools).length >= TOOLS_MAX) return;
      const text = clipped(seen);
      write(join(dir, `${key}.json`), {
        name: `${name ?? "?"} (${place})`,
        tools: { ...tools, [tool]: text },
        changed,
      });
    },
    noteChange: (tool, seen) => {
      const known = readOrNull(dir, key);
      if (known === null) return;
      const { name, tools, changed } = known;
      write(join(dir, `${key}.json`), { name, tools, changed: { ...changed, [tool]: clipped(seen) } });
    },
  };
}

/** @returns the servers of which something is kept; a file that cannot be read is told by its key alone */
export function listPinnedServers(dir: string): {
  readonly servers: readonly PinnedServer[];
  readonly unreadable: readonly string[];
} {
  const keys = namesIn(dir).flatMap((name) => (/^[0-9a-f]{16}\.json$/.test(name) ? [name.slice(0, 16)] : []));
  const servers = keys.map((key) => readOrNull(dir, key));
  return {
    servers: servers.filter((one) => one !== null),
    unreadable: keys.filter((_key, index) => servers[index] === null),
  };
}

/** The tools of a server whose definition is not as approved. */
export function changedTools({ tools, changed, accepted }: PinnedServer): readonly string[] {
  return Object.entries(changed)
    .filter(([tool, { hash }]) => (own(accepted, tool) ?? own(tools, tool))?.hash !== hash)
    .map(([tool]) => tool);
}

/**
 * From now on the changed definition counts as approved.
 *
 * @returns what was accepted; null when there is no such server, or the tool is as approved
 */
export function acceptTool(
  dir: string,
  { key, tool }: { readonly key: string; readonly tool: string },
  who: Omit<AcceptedTool, "hash">,
): AcceptedTool | null {
  const known = KEY.test(key) ? readOrNull(dir, key) : null;
  const seen = known !== null && changedTools(known).includes(tool) ? own(known.changed, tool) : undefined;
  if (known === null || seen === undefined) return null;
  const { by, reason, at } = who;
  const one = { hash: seen.hash, by, reason, at };
  const acceptances = [...known.acceptances, { tool, ...one }].slice(-ACCEPTANCES_MAX);
  write(join(dir, `${key}.accepted.json`), { tools: { ...known.accepted, [tool]: one }, acceptances });
  return one;
}

/** @returns the definition's hash: the order of members is no change */
export function hashDefinition(definition: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(inOrder(definition)))
    .digest("hex");
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isRecord(value)) return value;
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]));
}

function own<T>(tools: Tools<T>, tool: string): T | undefined {
  return Object.hasOwn(tools, tool) ? tools[tool] : undefined;
}

function clipped(seen: SeenTool): SeenTool {
  return { ...seen, description: seen.description.slice(0, DESCRIPTION_CHARACTERS_MAX) };
}

function readOrNull(dir: string, key: string): PinnedServer | null {
  try {
    return readPinnedServer(dir, key);
  } catch {
    return null;
  }
}

/** @throws when a file is there and cannot be read */
function readPinnedServer(dir: string, key: string): PinnedServer {
  const kept = readJson(join(dir, `${key}.json`)) ?? { name: "?", tools: {}, changed: {} };
  const accepted = readJson(join(dir, `${key}.accepted.json`)) ?? { tools: {} };
  const counting = toolsOf(accepted["tools"], acceptedOf);
  return {
    key,
    name: textOf(kept["name"]),
    tools: toolsOf(kept["tools"], seenOf),
    changed: toolsOf(kept["changed"], seenOf),
    accepted: counting,
    acceptances: acceptancesOf(accepted["acceptances"], counting),
  };
}

/** What counts is among them, also when somebody wrote it into the file by hand. */
function acceptancesOf(value: unknown, counting: Tools<AcceptedTool>): Acceptance[] {
  const kept = Array.isArray(value) ? value : [];
  const listed = kept.map((one: unknown): Acceptance => {
    if (!isRecord(one)) throw new TypeError("an acceptance is no object");
    return { tool: textOf(one["tool"]), ...acceptedOf(one) };
  });
  const missing = Object.entries(counting)
    .map(([tool, one]) => ({ tool, ...one }))
    .filter((one) => !listed.some(({ tool, hash, at }) => tool === one.tool && hash === one.hash && at === one.at));
  return [...listed, ...missing];
}

function readJson(file: string): Readonly<Record<string, unknown>> | null {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return null;
  if (statSync(file).size > FILE_BYTES_MAX) throw new RangeError(`${file} is too large`);
  const value: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isRecord(value)) throw new TypeError(`${file} is no object`);
  return value;
}

function toolsOf<T>(value: unknown, parse: (one: Readonly<Record<string, unknown>>) => T): Tools<T> {
  if (!isRecord(value)) throw new TypeError("there are no tools in it");
  return Object.fromEntries(
    Object.entries(value).map(([tool, one]) => {
      if (!isRecord(one)) throw new TypeError("a tool is no object");
      return [tool, parse(one)];
    }),
  );
}

function seenOf({ hash, description, at }: Readonly<Record<string, unknown>>): SeenTool {
  return { hash: textOf(hash), description: textOf(description), at: textOf(at) };
}

function acceptedOf({ hash, by, reason, at }: Readonly<Record<string, unknown>>): AcceptedTool {
  return { hash: textOf(hash), by: textOf(by), reason: textOf(reason), at: textOf(at) };
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a text is missing");
  return value;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).toSorted();
  } catch {
    return []; // nothing was kept yet
  }
}

/** Whole or not at all: another gate of the same server may write beside. */
function write(file: string, value: object): void {
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${randomUUID()}`;
  try {
    writeFileSync(fresh, `${JSON.stringify(value, null, 1)}\n`, { mode: 0o600, flush: true });
    renameSync(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
}
