import type { AuditLogView, ShipmentView } from "@firebreak/protocol";
import { count, type Word } from "../../words.ts";

export type Witness = NonNullable<AuditLogView["witnessed"]>["witnesses"][number];

export const KIND_LABELS = {
  file: "File",
  http: "HTTP",
  email: "E-mail",
  git: "Git",
  s3: "S3",
} as const satisfies Record<ShipmentView["kind"], string>;

export function shipmentWord({ problem, isLate, shippedAt }: ShipmentView): Word {
  if (problem !== null) return { label: "Failing", tone: "danger", meaning: "The last try did not get there." };
  if (isLate) return { label: "Late", tone: "warn", meaning: "It is behind for longer than the profile allows." };
  if (shippedAt === null)
    return { label: "Nothing there yet", tone: "neutral", meaning: "Its first checkpoint is due." };
  return { label: "On schedule", tone: "ok", meaning: "The last try got there." };
}

export function witnessWord({ problem, contradicts, cosignedAt }: Witness): Word {
  if (contradicts) {
    return { label: "Contradicts", tone: "danger", meaning: "It saw another history of this log, or more of it." };
  }
  if (problem !== null) return { label: "Failing", tone: "danger", meaning: "The last try got no valid cosignature." };
  if (cosignedAt === null)
    return { label: "Nothing from it yet", tone: "neutral", meaning: "It has cosigned nothing." };
  return { label: "Vouches", tone: "ok", meaning: "It says that the log only ever grew up to there." };
}

/** What one has to know of the log before anything else, with what to do. */
export interface Verdict {
  readonly tone: "ok" | "info" | "warn" | "danger";
  readonly title: string;
  readonly text: string;
}

const verifyIt = "Run `firebreak audit verify`, and find out who could write to the database.";

/** @returns the gravest that is true of it; never more than was looked at */
export function verdictOf(log: AuditLogView): Verdict {
  const { lastCheck, shipments, witnessed } = log;
  const contradicting = witnessed?.witnesses.filter(({ contradicts }) => contradicts) ?? [];
  if (lastCheck?.intact === false) {
    return {
      tone: "danger",
      title: "The log is not as it was written",
      text: `Keep an export of it: \`firebreak audit export\`. ${verifyIt}`,
    };
  }
  if (contradicting.length > 0) {
    const names = contradicting.map(({ name }) => name).join(", ");
    return { tone: "danger", title: `${names} saw another history of this log`, text: verifyIt };
  }
  const failing = [
    ...shipments.filter(({ problem, isLate }) => problem !== null || isLate),
    ...(witnessed?.witnesses ?? []).filter(({ problem }) => problem !== null),
  ];
  if (failing.length > 0) {
    return {
      tone: "warn",
      title: `Not up to date: ${failing.map(({ name }) => name).join(", ")}`,
      text: "Below stands since when, why, and what to do. The log itself goes on.",
    };
  }
  if (isAlone(log)) {
    return {
      tone: "warn",
      title: "This log is checked against itself only: nobody outside knows it",
      text: "Whoever can write to the database and to this home could replace all of it unseen, and every check here would still pass. A place that keeps checkpoints, or a witness, closes that: both are set in the profile.",
    };
  }
  if (lastCheck === null) {
    return {
      tone: "info",
      title: "Not checked on this node yet",
      text: "The first check begins ten minutes after the start; `firebreak audit verify` checks now.",
    };
  }
  const kept = shipments.filter(({ size }) => size > 0).length;
  return {
    tone: "ok",
    title: "Nothing speaks against this log",
    text: `The last check found it as it was written. ${count(kept, "place")} outside ${kept === 1 ? "keeps" : "keep"} its checkpoints${vouching(witnessed)}.`,
  };
}

/** Whether nobody but this server could say what the log was. */
function isAlone({ shipments, witnessed }: AuditLogView): boolean {
  return shipments.every(({ size }) => size === 0) && (witnessed?.size ?? 0) === 0;
}

/** One thing that people want to rely on, and who proves it, if anybody does. */
export interface Proof {
  readonly claim: string;
  readonly word: Word;
  readonly by: string;
}

const PROVED: Word = { label: "Proved", tone: "ok", meaning: "Whoever doubts it can check it." };
const REFUTED: Word = { label: "Refuted", tone: "danger", meaning: "It was looked at, and is not so." };
const UNPROVED: Word = { label: "Not proved", tone: "warn", meaning: "It may be so; nobody can show it." };

/** @returns what is proved and what is not, each with whose word it is */
export function proofsOf(log: AuditLogView): Proof[] {
  return [ownProof(log), outsideProof(log)];
}

function ownProof({ lastCheck, size }: AuditLogView): Proof {
  const claim = "No entry was changed, removed or moved since this server signed it";
  if (lastCheck === null) return { claim, word: UNPROVED, by: "No check has ended on this node yet." };
  if (!lastCheck.intact) return { claim, word: REFUTED, by: "The last check of this server found otherwise." };
  const since = Math.max(0, size - lastCheck.entries);
  const rest = since === 0 ? "" : ` ${count(since, "entry", "entries")} came since, and the next check looks at them.`;
  const by = `By this server’s own check of ${count(lastCheck.entries, "entry", "entries")}, with its own keys.${rest}`;
  return { claim, word: PROVED, by };
}

function outsideProof(log: AuditLogView): Proof {
  const { shipments, witnessed } = log;
  const claim = "The log was not replaced as a whole";
  if (witnessed?.witnesses.some(({ contradicts }) => contradicts) === true) {
    return { claim, word: REFUTED, by: "A witness saw another history of this log." };
  }
  const vouched = witnessed?.size ?? 0;
  if (vouched > 0) {
    const by = `By witnesses outside, for the first ${count(vouched, "entry", "entries")}: they cosign only what goes on from before.`;
    return { claim, word: PROVED, by };
  }
  if (isAlone(log)) {
    return { claim, word: UNPROVED, by: "No checkpoint lies outside, and no witness knows this log." };
  }
  const kept = shipments.reduce((most, one) => Math.max(most, one.size), 0);
  const by = `Checkpoints of the first ${count(kept, "entry", "entries")} lie outside, and nothing here compares them: \`firebreak audit verify --against PLACE\` does.`;
  return { claim, word: PROVABLE, by };
}

const PROVABLE: Word = { label: "Can be proved", tone: "info", meaning: "What it takes lies outside; compare it." };

function vouching(witnessed: AuditLogView["witnessed"]): string {
  const amount = witnessed?.witnesses.filter(({ size }) => size > 0).length ?? 0;
  return amount === 0
    ? ""
    : `, and ${count(amount, "witness", "witnesses")} ${amount === 1 ? "vouches" : "vouch"} for it`;
}
