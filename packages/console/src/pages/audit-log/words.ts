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
export function verdictOf({ lastCheck, shipments, witnessed }: AuditLogView): Verdict {
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
  const isAlone = shipments.every(({ size }) => size === 0) && (witnessed?.size ?? 0) === 0;
  if (isAlone) {
    return {
      tone: "info",
      title: "Nobody outside knows this log yet",
      text: "Whoever can write to the database and to this home could replace all of it unseen. A place that keeps checkpoints, or a witness, closes that: both are set in the profile.",
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

function vouching(witnessed: AuditLogView["witnessed"]): string {
  const amount = witnessed?.witnesses.filter(({ size }) => size > 0).length ?? 0;
  return amount === 0
    ? ""
    : `, and ${count(amount, "witness", "witnesses")} ${amount === 1 ? "vouches" : "vouch"} for it`;
}
