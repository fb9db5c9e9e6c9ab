import type { DataClass } from "@firebreak/protocol";
import type { FactBook, Finding, PlacedEvent } from "./facts.ts";
import { findCredential, findPersistence, suggestClass } from "./path-kinds.ts";

/** What is known of one event while its findings are made. */
export interface Noting {
  readonly book: FactBook;
  readonly placed: PlacedEvent;
  /** kinds of data that the intake found in this event */
  readonly classes: readonly DataClass[];
}

export type FileAct = "read" | "wrote" | "deleted" | "touched";

/** A file that was touched: data, a credential, or a place from which something may come back. */
export function noteFile(noting: Noting, act: FileAct, path: string, judged: Pick<Finding, "certainty" | "why">): void {
  const { book, placed } = noting;
  const credential = findCredential(path);
  const place = act === "wrote" ? findPersistence(path) : undefined;
  const { classes } = noting;
  const says = `${act} ${path}`;
  noteName(noting, act, path, judged);
  if (place !== undefined) {
    book.note(placed, {
      section: "persistence",
      kind: place.kind,
      subject: path,
      says: `${says} (${place.says})`,
      classes,
      ...judged,
    });
    return;
  }
  if (credential !== undefined && act !== "deleted") {
    const secret: DataClass[] = ["secret"];
    book.note(placed, {
      section: "credentials",
      kind: "file",
      subject: `${act} ${path}`,
      says: `${says} (${credential.says})`,
      classes: secret,
      ...judged,
    });
    return;
  }
  book.note(placed, { section: "data", kind: act, subject: path, says, classes, ...judged });
}

/** A name proves nothing: that it suggests something is a statement of its own. */
function noteName(
  { book, placed }: Noting,
  act: FileAct,
  path: string,
  { certainty }: Pick<Finding, "certainty">,
): void {
  const suggested = suggestClass(path);
  if (suggested === undefined || act === "deleted" || certainty === "attempted") return;
  book.note(placed, {
    section: "data",
    kind: "name_suggests",
    subject: path,
    says: `${act} ${path}, whose name suggests ${suggested} data`,
    certainty: "possible",
    why: "a name proves nothing; look at the content",
    classes: [suggested],
  });
}

export function noteContact({ book, placed }: Noting, host: string, judged: Pick<Finding, "certainty" | "why">): void {
  book.note(placed, { section: "reach", kind: "system", subject: host, says: `contacted ${host}`, ...judged });
  if (/^(?:169\.254\.169\.254|fd00:ec2::254|metadata\.google\.internal|100\.100\.100\.200)$/.test(host)) {
    const says = `asked ${host}, which hands out credentials of the machine`;
    book.note(placed, {
      section: "credentials",
      kind: "metadata_service",
      subject: host,
      says,
      classes: ["secret"],
      ...judged,
    });
  }
}

/** @param bytes undefined: nobody says how many */
export function noteOutflow(
  { book, placed, classes }: Noting,
  host: string,
  bytes: number | undefined,
  judged: Pick<Finding, "certainty" | "why">,
): void {
  const figures = bytes === undefined ? { eventsWithoutBytes: 1 } : { bytes, eventsWithBytes: 1 };
  book.note(placed, {
    section: "outflow",
    kind: "bytes",
    subject: host,
    says: `sent data to ${host}`,
    classes,
    figures,
    ...judged,
  });
}
