import { z } from "zod";
import { readJsonSettings, writeJsonSettings } from "./json-file.ts";

const serverEntry = z.looseObject({
  command: z.string().optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
type ServerEntry = z.input<typeof serverEntry>;
const servers = z.record(z.string(), serverEntry);
/** Where clients list their servers: `mcpServers` in most (Claude, Cursor, Windsurf, `.mcp.json`), `servers` in VS Code. */
const LISTS = ["mcpServers", "servers"] as const;
const configDocument = z.looseObject({ mcpServers: servers.optional(), servers: servers.optional() });

/** A program and its arguments. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

export interface McpServer extends CommandLine {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** the gate stands before it */
  readonly gated: boolean;
}

/** What stands in a wrapped entry's arguments before the server's own command. */
const MARK = ["gate", "mcp"] as const;

/** @returns the servers that the client starts, as listed; those that it reaches by URL have no command and are left out */
export function listMcpServers(file: string): { readonly started: McpServer[]; readonly byUrl: string[] } {
  const config = readConfig(file);
  const all = LISTS.flatMap((list) => Object.entries(config[list] ?? {}));
  const started = all.flatMap(([name, entry]) =>
    entry.command === undefined
      ? []
      : [
          {
            name,
            command: entry.command,
            args: entry.args ?? [],
            env: entry.env ?? {},
            gated: innerOf(entry) !== null,
          },
        ],
  );
  return { started, byUrl: all.filter(([, entry]) => entry.command === undefined).map(([name]) => name) };
}

/**
 * Puts the gate before every server that the client starts. Again renews it.
 *
 * @param gate the gate's command line, which ends in what the server's own follows
 */
export function gateMcpServers(file: string, gate: CommandLine): void {
  changeEntries(file, (entry) => {
    const inner = innerOf(entry) ?? { command: entry.command ?? "", args: entry.args ?? [] };
    return { ...entry, command: gate.command, args: [...gate.args, inner.command, ...inner.args] };
  });
}

/** @returns how many servers lost their gate */
export function ungateMcpServers(file: string): number {
  return changeEntries(file, (entry) => {
    const inner = innerOf(entry);
    return inner === null ? entry : { ...entry, command: inner.command, args: [...inner.args] };
  });
}

function innerOf({ args = [] }: ServerEntry): CommandLine | null {
  const mark = args.findIndex((arg, index) => arg === MARK[0] && args[index + 1] === MARK[1]);
  const dashes = mark === -1 ? -1 : args.indexOf("--", mark);
  const command = dashes === -1 ? undefined : args[dashes + 1];
  return command === undefined ? null : { command, args: args.slice(dashes + 2) };
}

function changeEntries(file: string, change: (entry: ServerEntry) => ServerEntry): number {
  const config = readConfig(file);
  let changed = 0;
  const changeOne = (entry: ServerEntry) => {
    const next = entry.command === undefined ? entry : change(entry);
    if (next !== entry) changed++;
    return next;
  };
  const lists = LISTS.flatMap((list) => {
    const entries = config[list];
    if (entries === undefined) return [];
    return [[list, Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, changeOne(entry)]))]];
  });
  if (changed > 0) writeJsonSettings(file, { ...config, ...Object.fromEntries(lists) });
  return changed;
}

function readConfig(file: string) {
  return readJsonSettings(file, configDocument, "an MCP client");
}
