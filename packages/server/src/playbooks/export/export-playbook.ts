import { createHash } from "node:crypto";
import type { ExportedDocument, PlaybookFormat } from "@firebreak/protocol";
import type { Profile } from "../../kernel/index.ts";
import { toCacao } from "../cacao/to-cacao.ts";
import type { PlaybookDocument } from "../format.ts";
import type { LoadedPlaybook } from "../load-playbooks.ts";
import { placeSteps } from "../placed-step.ts";
import { writeRunbook } from "./write-runbook.ts";
import type { RunbookSurroundings } from "./write-runbook.ts";

type ProfileOfRunbook = Pick<Profile, "severities" | "contacts">;

export interface ExportOptions {
  readonly format: PlaybookFormat;
  /** what CACAO says of when it was made, milliseconds since 1970 */
  readonly changedAt: number;
}

/** A playbook as a runbook to print or to keep offline, with the profile's clocks and contacts. */
export async function exportPlaybook(
  { document, hash }: Pick<LoadedPlaybook, "document" | "hash">,
  profile: ProfileOfRunbook,
  { format, changedAt }: ExportOptions,
): Promise<ExportedDocument> {
  if (format === "cacao") return exportCacao(document, changedAt);
  const markdown = writeRunbook(document, { hash, ...surroundingsOf(profile) });
  const bytes = format === "pdf" ? await writePdf(document.title, markdown) : Buffer.from(markdown);
  const encoding = format === "pdf" ? "base64" : "utf8";
  return {
    filename: `${document.id}.${format}`,
    mediaType: format === "pdf" ? "application/pdf" : "text/markdown; charset=utf-8",
    encoding,
    content: bytes.toString(encoding),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    entries: placeSteps(document).length,
    isCut: false,
  };
}

/** The library for PDF is loaded by the first who wants one. */
async function writePdf(title: string, markdown: string): Promise<Buffer> {
  const { writeRunbookPdf } = await import("./write-pdf.ts");
  return writeRunbookPdf(title, markdown);
}

function exportCacao(document: PlaybookDocument, changedAt: number): ExportedDocument {
  const content = `${JSON.stringify(toCacao(document, changedAt), null, 2)}\n`;
  return {
    filename: `${document.id}.cacao.json`,
    mediaType: "application/json",
    encoding: "utf8",
    content,
    sha256: createHash("sha256").update(content).digest("hex"),
    entries: placeSteps(document).length,
    isCut: false,
  };
}

function surroundingsOf({
  severities,
  contacts,
}: ProfileOfRunbook): Pick<RunbookSurroundings, "severities" | "contacts"> {
  const targets = [severities[1], severities[2], severities[3], severities[4]];
  return {
    severities: targets.map(({ label, respondMinutes, containMinutes, resolveMinutes }) => ({
      label,
      respond: minutesText(respondMinutes),
      contain: minutesText(containMinutes),
      resolve: minutesText(resolveMinutes),
    })),
    contacts: contacts.map(({ title, duty, trigger, people }) => ({
      name: title,
      when: `${duty} (${trigger})`,
      reach: people
        .map(({ name, email, phone, channel }) =>
          [name, phone, email, channel].filter((one) => one !== undefined).join(", "),
        )
        .join("; "),
    })),
  };
}

function minutesText(minutes: number | undefined): string {
  if (minutes === undefined) return "";
  if (minutes % 1440 === 0) return counted(minutes / 1440, "day");
  return minutes % 60 === 0 ? counted(minutes / 60, "hour") : counted(minutes, "minute");
}

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;
