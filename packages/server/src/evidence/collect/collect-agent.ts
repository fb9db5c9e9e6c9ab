import path from "node:path";
import type { ProcessIdentity } from "@firebreak/protocol";
import { messageOf } from "../../kernel/index.ts";
import type { ArchiveWriter } from "../archive-writer.ts";
import { readProcessFacts } from "./process-facts.ts";
import type { ProcessFacts } from "./process-facts.ts";
import { readSocketTable } from "./socket-table.ts";
import { listWorkspace } from "./workspace.ts";

/** Where the evidence of one agent lies. Null: there is none, and the archive says so. */
export interface AgentSubject {
  readonly processes: readonly ProcessIdentity[];
  readonly outputLog: string | null;
  readonly workspace: string | null;
  /** Firebreak's own home, which is never copied: it holds keys, tokens and earlier evidence */
  readonly home: string;
}

export const COLLECTION_LIMITS = {
  outputBytesMax: 8 * 1024 * 1024,
  workspaceEntriesMax: 20_000,
  workspaceFileBytesMax: 8 * 1024 * 1024,
  workspaceTotalBytesMax: 256 * 1024 * 1024,
} as const;

interface Collector {
  readonly name: string;
  readonly description: string;
  collect(writer: ArchiveWriter, subject: AgentSubject, signal: AbortSignal): Promise<void> | void;
}

/** Most volatile first: what lives in memory goes before what lies on disk. */
const COLLECTORS: readonly Collector[] = [
  {
    name: "process-tree.json",
    description: "every process of the agent with open files, sockets, environment (secrets redacted) and memory maps",
    collect: collectProcesses,
  },
  { name: "output.log", description: "the last output of the agent", collect: collectOutput },
  {
    name: "workspace.json",
    description: "the agent's files: list, and copies up to the limits",
    collect: collectWorkspace,
  },
];

/** Runs every collector; what one cannot get is an item with the reason and does not stop the others. */
export async function collectAgent(writer: ArchiveWriter, subject: AgentSubject, signal: AbortSignal): Promise<void> {
  for (const collector of COLLECTORS) {
    try {
      signal.throwIfAborted();
      await collector.collect(writer, subject, signal);
    } catch (fault) {
      writer.addFailure(collector, signal.aborted ? "the time for collecting ran out" : messageOf(fault));
    }
  }
}

function collectProcesses(writer: ArchiveWriter, subject: AgentSubject): void {
  const [name, description] = ["process-tree.json", "every process of the agent, read from /proc"];
  const facts: ProcessFacts[] = [];
  const gaps: string[] = [];
  for (const identity of subject.processes) {
    const found = readProcessFacts(identity);
    if (found === null) gaps.push(`process ${identity.pid} (${identity.command}) was gone`);
    else facts.push(found);
    gaps.push(...(found?.gaps ?? []).map((gap) => `process ${identity.pid}: ${gap}`));
  }
  if (subject.processes.length === 0) gaps.push("no process of the agent was alive");
  const sockets = socketsOf(facts);
  writer.addBytes(
    {
      name,
      description,
      metadata: { processes: facts.length, redactions: facts.reduce((sum, one) => sum + one.redactions, 0) },
      ...(gaps.length > 0 ? { degraded: gaps.slice(0, 20).join("; ") } : {}),
    },
    Buffer.from(JSON.stringify({ processes: facts, sockets }, null, 2)),
  );
}

function socketsOf(facts: readonly ProcessFacts[]): unknown[] {
  const first = facts[0];
  if (first === undefined) return [];
  const table = readSocketTable(first.pid);
  return facts.flatMap((process) =>
    process.openFiles.flatMap((file) => {
      const inode = /^socket:\[(\d+)\]$/.exec(file.target)?.[1];
      const socket = inode === undefined ? undefined : table.get(inode);
      return socket === undefined ? [] : [{ pid: process.pid, fd: file.fd, ...socket }];
    }),
  );
}

async function collectOutput(writer: ArchiveWriter, subject: AgentSubject, signal: AbortSignal): Promise<void> {
  const facts = { name: "output.log", description: "the last output of the agent", metadata: {} };
  if (subject.outputLog === null) {
    writer.addFailure(facts, "no output of this agent is kept");
    return;
  }
  await writer.addFile(facts, subject.outputLog, COLLECTION_LIMITS.outputBytesMax, true, signal);
}

async function collectWorkspace(writer: ArchiveWriter, subject: AgentSubject, signal: AbortSignal): Promise<void> {
  const { workspace } = subject;
  if (workspace === null) {
    writer.addFailure({ name: "workspace.json", description: "the agent's files" }, "the agent has no known workspace");
    return;
  }
  const inventory = listWorkspace(workspace, COLLECTION_LIMITS.workspaceEntriesMax, subject.home);
  const gaps = [...inventory.gaps];
  if (inventory.truncated) gaps.push(`only the first ${inventory.entries.length} entries are listed`);
  writer.addBytes(
    {
      name: "workspace.json",
      description: "the list of the agent's files",
      metadata: { entries: inventory.entries.length },
      ...(gaps.length > 0 ? { degraded: gaps.slice(0, 20).join("; ") } : {}),
    },
    Buffer.from(JSON.stringify(inventory, null, 2)),
  );
  await copyFiles(writer, workspace, inventory.entries, signal);
}

async function copyFiles(
  writer: ArchiveWriter,
  workspace: string,
  entries: readonly { path: string; type: string; bytes: number }[],
  signal: AbortSignal,
): Promise<void> {
  let total = 0;
  for (const entry of entries) {
    if (entry.type !== "file") continue;
    const facts = { name: `workspace/${entry.path}`, description: "a file of the agent's workspace" };
    const room = COLLECTION_LIMITS.workspaceTotalBytesMax - total;
    if (signal.aborted || room <= 0) {
      writer.addFailure(facts, signal.aborted ? "the time for collecting ran out" : "the size limit was reached");
      continue;
    }
    try {
      const limit = Math.min(room, COLLECTION_LIMITS.workspaceFileBytesMax);
      await writer.addFile({ ...facts, metadata: {} }, path.join(workspace, entry.path), limit, false, signal);
      total += Math.min(entry.bytes, limit);
    } catch (fault) {
      writer.addFailure(facts, messageOf(fault));
    }
  }
}
