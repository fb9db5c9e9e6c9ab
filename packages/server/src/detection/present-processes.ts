import type { AgentEvent } from "@firebreak/protocol";
import type { Presentation } from "@firebreak/sigma";
import type { KnownSource } from "./known-sources.ts";
import { splitCommandLine } from "./split-command.ts";

/**
 * A shell command as `process_creation`: the line as a whole, and each simple command in it (`cd x && rm -rf y | tee z`
 * starts three), with the field names of the public rules. Without a known path, `Image` is the command's name behind
 * `/usr/bin/`, where rules that end in `/name` find it.
 */
export function presentProcesses(event: AgentEvent, command: unknown): Presentation[] {
  if (typeof command !== "string" || command.trim() === "") return [];
  const { data } = event;
  const logsource = isMac(data) ? MACOS : LINUX;
  const context = readContext(data);
  const given = data["image"] ?? data["executable"];
  const { whole, parts } = splitCommandLine(command);
  const lines = parts.length > 1 ? [whole, ...parts] : [whole];
  return lines.map(({ text, name }, index) => {
    const known = index === 0 && typeof given === "string" ? given : undefined;
    return { logsource, fields: { ...context, CommandLine: text, Image: known ?? toImage(name) } };
  });
}

const LINUX = { product: "linux", category: "process_creation" } as const;
const MACOS = { product: "macos", category: "process_creation" } as const;

/** The names of the public rules, and where senders put the same. */
const CONTEXT_KEYS = [
  ["CurrentDirectory", "cwd", "working_directory"],
  ["User", "user", "user_name"],
  ["ParentImage", "parent_image", "parent_executable"],
  ["ParentCommandLine", "parent_command", "parent_command_line"],
  ["ProcessId", "pid", "process_id"],
  ["ParentProcessId", "ppid", "parent_pid"],
] as const;

function readContext(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const context: Record<string, unknown> = {};
  for (const [name, key, otherKey] of CONTEXT_KEYS) {
    const value = data[key] ?? data[otherKey];
    if (value !== undefined && value !== null) context[name] = value;
  }
  return context;
}

function toImage(name: string): string {
  return name.includes("/") ? name : `/usr/bin/${name}`;
}

function isMac(data: Readonly<Record<string, unknown>>): boolean {
  const platform = data["platform"] ?? data["os"];
  return typeof platform === "string" && /^(darwin|mac)/i.test(platform);
}

export const PROCESS_SOURCES: readonly KnownSource[] = [LINUX, MACOS].map((logsource) => ({
  logsource,
  fields: ["CommandLine", "Image", ...CONTEXT_KEYS.map(([name]) => name)],
}));
