import type { AgentEvent } from "@firebreak/protocol";
import type { Presentation } from "@firebreak/sigma";
import type { KnownSource } from "./known-sources.ts";
import type { ShellCommand } from "./shell/shell-reader.ts";

/**
 * A shell command as `process_creation`: the line as a whole, and each simple command in it (`cd x && rm -rf y | tee z`
 * starts three, `sh -c 'rm x'` two), with the field names of the public rules. Without a known path, `Image` is the
 * command's name behind `/usr/bin/`, where rules that end in `/name` find it.
 */
export function presentProcesses(event: AgentEvent, line: string, commands: readonly ShellCommand[]): Presentation[] {
  const { data } = event;
  const logsource = logsourceOf(data);
  const common = readContext(event);
  const given = data["image"] ?? data["executable"];
  const [first] = commands;
  const image = typeof given === "string" ? given : toImage(first?.name ?? "");
  const presentations = [{ logsource, fields: { CommandLine: line, Image: image }, common }];
  if (commands.length === 1 && first?.text === line) return presentations;
  for (const { text, name } of commands) {
    presentations.push({ logsource, fields: { CommandLine: text, Image: toImage(name) }, common });
  }
  return presentations;
}

const LINUX = { product: "linux", category: "process_creation" } as const;
const MACOS = { product: "macos", category: "process_creation" } as const;
const WINDOWS = { product: "windows", category: "process_creation" } as const;

/** The names of the public rules, and where senders put the same. */
const CONTEXT_KEYS = [
  ["CurrentDirectory", "cwd", "working_directory"],
  ["User", "user", "user_name"],
  ["ParentImage", "parent_image", "parent_executable"],
  ["ParentCommandLine", "parent_command", "parent_command_line"],
  ["ProcessId", "pid", "process_id"],
  ["ParentProcessId", "ppid", "parent_pid"],
] as const;

function readContext({ data, agent }: AgentEvent): Record<string, unknown> {
  const context: Record<string, unknown> = { agent };
  for (const [name, key, otherKey] of CONTEXT_KEYS) {
    const value = data[key] ?? data[otherKey];
    if (value !== undefined && value !== null) context[name] = value;
  }
  return context;
}

function toImage(name: string): string {
  return name.includes("/") || name.includes("\\") ? name : `/usr/bin/${name}`;
}

function logsourceOf(data: Readonly<Record<string, unknown>>): Presentation["logsource"] {
  const platform = data["platform"] ?? data["os"];
  if (typeof platform !== "string") return LINUX;
  if (/^(?:darwin|mac)/i.test(platform)) return MACOS;
  return /^win/i.test(platform) ? WINDOWS : LINUX;
}

export const PROCESS_SOURCES: readonly KnownSource[] = [LINUX, MACOS, WINDOWS].map((logsource) => ({
  logsource,
  fields: ["CommandLine", "Image", ...CONTEXT_KEYS.map(([name]) => name)],
}));
