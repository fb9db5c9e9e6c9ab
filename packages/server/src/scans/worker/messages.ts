import type { ScanSkip, ScanTarget } from "@firebreak/protocol";
import type { Entry } from "../../indicators/index.ts";
import type { StoredBody } from "../../telemetry/index.ts";
import type { FoundHit } from "../found.ts";

/** What the worker is started with. */
export interface ScanTask {
  readonly target: ScanTarget;
  /** what has expired by then is not looked for */
  readonly nowMs: number;
  /** never listed: the home */
  readonly without: string;
}

/** A file to look at: one of the machine, or an item of an archive. */
export interface FileUnit {
  readonly place: string;
  readonly name: string;
  readonly file: string;
  readonly timeMs: number | null;
  /** of an item of an archive */
  readonly archive?: { readonly agentId: string | null; readonly sessionId: string | null } | undefined;
}

export type ScanMessage =
  | { readonly kind: "entries"; readonly entries: readonly Entry[] }
  | { readonly kind: "events"; readonly bodies: readonly StoredBody[] }
  | { readonly kind: "list"; readonly path: string }
  | { readonly kind: "open"; readonly unit: FileUnit }
  | { readonly kind: "more" };

/** What the worker says to each message. */
export interface ScanAnswers {
  readonly entries: null;
  readonly events: { readonly hits: readonly FoundHit[]; readonly bytes: number; readonly isPast: boolean };
  readonly list: {
    readonly files: readonly string[];
    readonly skipped: readonly ScanSkip[];
    readonly problem: string | null;
  };
  readonly open: FileProgress;
  readonly more: FileProgress;
}

export interface FileProgress {
  readonly hits: readonly FoundHit[];
  readonly bytes: number;
  readonly isDone: boolean;
  /** why it, or a part of it, could not be looked at */
  readonly problem: string | null;
}
