import { codeOf, messageOf, RedisRefusal } from "../../../kernel/index.ts";
import type { EffectorOutcome, EffectorReason } from "../../effector.ts";
import { AddressRefused } from "../probes/reachable-address.ts";
import { BackupFault } from "./open-backup.ts";
import { ProgramFault } from "./postgres-programs.ts";

const REASONS: Readonly<Record<string, EffectorReason>> = {
  ECONNREFUSED: "unreachable",
  ENOTFOUND: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENOENT: "not_found",
  EACCES: "denied",
  EPERM: "denied",
  ABORT_ERR: "timed_out",
};

/** What keeps a backup from being made or restored, as outcomes. */
export async function explained(act: () => Promise<EffectorOutcome>): Promise<EffectorOutcome> {
  try {
    return await act();
  } catch (fault) {
    if (fault instanceof ProgramFault) return { ok: false, reason: "unavailable", message: fault.message };
    if (fault instanceof AddressRefused) return { ok: false, reason: "denied", message: fault.message };
    if (fault instanceof BackupFault) return { ok: false, reason: "failed", message: fault.message };
    if (fault instanceof RedisRefusal)
      return { ok: false, reason: "failed", message: `Redis refused: ${fault.message}` };
    if (isAbort(fault)) return { ok: false, reason: "timed_out", message: "its time was over" };
    const code = codeOf(fault);
    if (code === undefined) throw fault;
    return { ok: false, reason: REASONS[code] ?? "failed", message: messageOf(fault) };
  }
}

function isAbort(fault: unknown): boolean {
  return fault instanceof Error && (fault.name === "AbortError" || fault.name === "TimeoutError");
}
