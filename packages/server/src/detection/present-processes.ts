import type { AgentEvent } from "@firebreak/protocol";
import type { Presentation } from "@firebreak/sigma";
import { splitCommandLine } from "./split-command.ts";

/**
 * A shell command as `process_creation`: the line as a whole, and each simple command in it (`cd x && rm -rf y | tee z`
 * starts three), with the field names of the public rules. Without a known path, `Image` is the command's name behind
 * `/usr/bin/`, where rules that end in `/name` find it.
 */
export function presentProcesses(event: AgentEvent, command: unknown): Presentation[] {
  if (typeof command !== "string" || command.trim() === "") return [];
  const { data } = event;
  const logsource = { product: isMac(data) ? "macos" : "linux", category: "process_creation" };
  const context = dropAbsent({
    CurrentDirectory: data["cwd"] ?? data["working_directory"],
    User: data["user"],
    ParentImage: data["parent_image"] ?? data["parent_executable"],
    ParentCommandLine: data["parent_command"] ?? data["parent_command_line"],
    ProcessId: data["pid"],
    ParentProcessId: data["ppid"],
  });
  const given = data["image"] ?? data["executable"];
  const { whole, parts } = splitCommandLine(command);
  const lines = parts.length > 1 ? [whole, ...parts] : [whole];
  return lines.map(({ text, name }, index) => {
    const known = index === 0 && typeof given === "string" ? given : undefined;
    return { logsource, fields: { ...context, CommandLine: text, Image: known ?? toImage(name) } };
  });
}

function toImage(name: string): string {
  return name.includes("/") ? name : `/usr/bin/${name}`;
}

function isMac(data: Readonly<Record<string, unknown>>): boolean {
  const platform = data["platform"] ?? data["os"];
  return typeof platform === "string" && /^(darwin|mac)/i.test(platform);
}

function dropAbsent(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
