import { constants } from "node:fs";
import { open, realpath, rename, rm } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import JSON5 from "json5";
import { z } from "zod";
import { codeOf, homePath, closing, openFolder, openRegular } from "../../../kernel/index.ts";
import type { Redactor } from "../../../redaction/index.ts";
import { readEffectRecord, removeEffectRecord, writeEffectRecord } from "../../effect-record.ts";
import type { Effector, EffectorContext, EffectorOutcome, EffectorOutput } from "../../effector.ts";
import { TOUCHES_NOTHING, defineEffector } from "../../effector.ts";
import { findMembers, withMember, withoutMember } from "./json5-members.ts";

const CONFIG_BYTES_MAX = 8 * 1024 * 1024;
/** Where clients list their servers: most, VS Code, OpenClaw; Claude Code also below each project. */
const LISTS = [["mcpServers"], ["servers"], ["mcp", "servers"]] as const;

const parameters = z.strictObject({
  /** a `.mcp.json`, or the configuration of Claude, OpenClaw or another client */
  config: homePath,
  /** its name in that file */
  server: z.string().min(1).max(255),
});
type Parameters = z.output<typeof parameters>;

/** What was taken out where, as it was written; the first time counts. */
const record = z.object({
  before: z.string(),
  after: z.string(),
  entries: z.array(z.object({ list: z.array(z.string()), member: z.string() })).min(1),
});
type DisableRecord = z.output<typeof record>;

type Refused = Extract<EffectorOutcome, { ok: false }>;

/** Takes a server out of the configuration of an MCP client; everything else in the file stays as it is written. */
export function mcpDisable({ maskText, maskArguments }: Pick<Redactor, "maskText" | "maskArguments">): Effector {
  const show = (value: unknown) => describeServer(value, { maskText, maskArguments });
  return defineEffector({
    name: "mcp.disable",
    title: "Take a server out of an MCP client's configuration",
    destroysEvidence: false,
    idempotent: true,
    expiry: "by_undo",
    parameters,
    blastRadius: async (_ctx, { server, config }) => ({
      ...TOUCHES_NOTHING,
      services: [`MCP server ${server} in ${config}`],
    }),
    preview: async (_ctx, given) => {
      const read = await readConfig(given);
      if (!read.ok) return [`refused: ${read.message}`];
      const places = placesOf(read.value, given.server).map((list) => list.join("."));
      if (places.length === 0) return [`nothing: ${given.config} has no server ${given.server}`];
      return [`takes ${given.server} out of ${places.join(", ")} in ${given.config}; the client must read it again`];
    },
    apply: async (ctx, given) => apply(ctx, given, show),
    verify: async (_ctx, given, output) => verify(given, output),
    undo: async (ctx, given, output) => undo(ctx, given, output),
  });
}

interface ConfigRead {
  readonly ok: true;
  readonly text: string;
  readonly value: unknown;
}

async function readConfig({ config }: Parameters): Promise<ConfigRead | Refused> {
  let text: string;
  try {
    const real = await realpath(config);
    const handle = await openRegular(Buffer.from(real));
    if (handle === null) return { ok: false, reason: "conflict", message: `${config} is no regular file` };
    try {
      if ((await handle.stat()).size > CONFIG_BYTES_MAX)
        return { ok: false, reason: "conflict", message: `${config} is larger than ${CONFIG_BYTES_MAX} bytes` };
      text = await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (fault) {
    const code = codeOf(fault);
    if (code === "ENOENT" || code === "ENOTDIR")
      return { ok: false, reason: "not_found", message: `there is no file ${config}` };
    if (code === undefined) throw fault;
    return { ok: false, reason: "unavailable", message: `${config} cannot be read (${code})` };
  }
  try {
    return { ok: true, text, value: JSON5.parse(text) };
  } catch {
    return { ok: false, reason: "conflict", message: `${config} is neither JSON nor JSON5; mend it by hand` };
  }
}

/** @returns the lists in which the server stands */
function placesOf(value: unknown, server: string): string[][] {
  const projects = Object.keys(memberOf(value, ["projects"]) ?? {}).map((project) => [
    "projects",
    project,
    "mcpServers",
  ]);
  return [...LISTS.map((list) => [...list]), ...projects].filter((list) => {
    const servers = memberOf(value, list);
    return servers !== null && Object.hasOwn(servers, server);
  });
}

function memberOf(value: unknown, list: readonly string[]): Record<string, unknown> | null {
  let at: unknown = value;
  for (const name of list) at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return isObject(at) ? at : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function apply(
  ctx: EffectorContext,
  given: Parameters,
  show: (value: unknown) => EffectorOutput,
): Promise<EffectorOutcome> {
  const read = await readConfig(given);
  if (!read.ok) return read;
  const known = readEffectRecord(ctx, record);
  const places = placesOf(read.value, given.server);
  const was = show(places.length === 0 ? valueOf(known) : memberOf(read.value, places[0] ?? [])?.[given.server]);
  if (places.length === 0) {
    if (known !== null) return { ok: true, output: { was }, message: `${given.server} is out of ${given.config}` };
    const message = `${given.config} has no server ${given.server}`;
    return { ok: false, reason: "not_found", message };
  }
  const taken = takeOut(read, places, given.server);
  if (taken === null) {
    const message = `${given.server} cannot be taken out of ${given.config} without changing something else; edit it by hand`;
    return { ok: false, reason: "conflict", message };
  }
  // one that comes back is taken out again; what goes back in the end is the first
  writeEffectRecord(ctx, known === null ? taken : { ...known, after: taken.after });
  await replaceConfig(given.config, taken.after);
  const message = `${given.server} is out of ${given.config}; what runs of it goes on until the client reads the file again`;
  return { ok: true, output: { was }, message };
}

/** @returns null when the text would not be the same but for the server */
function takeOut({ text, value }: ConfigRead, places: readonly string[][], server: string): DisableRecord | null {
  let after = text;
  const entries: DisableRecord["entries"] = [];
  for (const list of places) {
    const found = findMembers(after, list);
    const member = found?.members.findLast((one) => one.name === server);
    if (found === null || member === undefined) return null;
    entries.push({ list, member: after.slice(member.start, member.end) });
    after = withoutMember(after, found.members, member);
  }
  const expected = structuredClone(value);
  for (const list of places) delete memberOf(expected, list)?.[server];
  return isSame(after, expected) ? { before: text, after, entries } : null;
}

function isSame(text: string, expected: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON5.parse(text), expected);
  } catch {
    return false;
  }
}

function valueOf(known: DisableRecord | null): unknown {
  const [entry] = known?.entries ?? [];
  return entry === undefined ? undefined : Object.values(JSON5.parse<Record<string, unknown>>(`{${entry.member}}`))[0];
}

async function verify(given: Parameters, output: EffectorOutput): Promise<EffectorOutcome> {
  const read = await readConfig(given);
  if (!read.ok) return { ...read, output };
  const places = placesOf(read.value, given.server);
  if (places.length === 0) return { ok: true, output, message: `${given.config} has no server ${given.server}` };
  const message = `${given.server} stands in ${places.map((list) => list.join(".")).join(", ")} of ${given.config}`;
  return { ok: false, reason: "unverified", message, output };
}

async function undo(ctx: EffectorContext, given: Parameters, output: EffectorOutput): Promise<EffectorOutcome> {
  const known = readEffectRecord(ctx, record);
  if (known === null) return { ok: true, output, message: "nothing is to be put back" };
  const read = await readConfig(given);
  if (!read.ok) return { ...read, output };
  const text = read.text === known.after ? known.before : putBack(read, known, given.server);
  if (text === null) {
    const message = `${given.config} was changed since, and has no place for ${given.server}; put it back by hand`;
    return { ok: false, reason: "conflict", message, output };
  }
  if (text !== read.text) await replaceConfig(given.config, text);
  removeEffectRecord(ctx);
  return { ok: true, output, message: `${given.server} is in ${given.config} again` };
}

/** What others have written since stays. @returns null when the list is gone */
function putBack({ text, value }: ConfigRead, { entries }: DisableRecord, server: string): string | null {
  let after = text;
  const expected = structuredClone(value);
  for (const { list, member } of entries) {
    const servers = memberOf(expected, list);
    const found = findMembers(after, list);
    if (servers === null || found === null) return null;
    // somebody has put it back already
    if (Object.hasOwn(servers, server)) continue;
    after = withMember(after, found.open, found.members.length > 0, member);
    Object.assign(servers, JSON5.parse(`{${member}}`));
  }
  return isSame(after, expected) ? after : null;
}

/** In one act, in the file's own folder, with its mode and owner; a link in the file's place is not followed. */
async function replaceConfig(config: string, text: string): Promise<void> {
  const real = await realpath(config);
  const folder = await openFolder(path.dirname(real));
  const temporary = folder.at(`.${path.basename(real)}.firebreak-${process.pid}`);
  try {
    const handle = await openRegular(folder.at(path.basename(real)));
    if (handle === null) throw new Error(`${config} is no regular file any more`);
    const { mode, uid, gid } = await closing(handle, () => handle.stat());
    await rm(temporary, { force: true });
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const output = await open(temporary, flags, 0o600);
    try {
      await output.writeFile(text);
      await output.chown(uid, gid);
      await output.chmod(mode & 0o7777);
      await output.sync();
    } finally {
      await output.close();
    }
    await rename(temporary, folder.at(path.basename(real)));
    await folder.sync();
  } catch (fault) {
    await rm(temporary, { force: true });
    throw fault;
  } finally {
    await folder.close();
  }
}

/** What it was, without the values of its environment and headers: they are secrets more often than not. */
function describeServer(
  value: unknown,
  { maskText, maskArguments }: Pick<Redactor, "maskText" | "maskArguments">,
): EffectorOutput {
  if (!isObject(value)) return {};
  const { command, args, url, env, headers } = value;
  const names = (given: unknown) => (isObject(given) ? Object.keys(given) : []);
  return {
    ...(typeof command === "string" ? { command: maskText(command) } : {}),
    ...(Array.isArray(args) ? { args: maskArguments(args.map(String)) } : {}),
    ...(typeof url === "string" ? { url: maskText(url.split("?", 1)[0] ?? "") } : {}),
    environment: names(env),
    headers: names(headers),
  };
}
