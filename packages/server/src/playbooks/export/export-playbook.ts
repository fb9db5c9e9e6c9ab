import { createHash } from "node:crypto";
import type { ExportedDocument, PlaybookFormat } from "@firebreak/protocol";
import type { Profile } from "../../kernel/index.ts";
import type { LoadedPlaybook } from "../load-playbooks.ts";
import { placeSteps } from "../placed-step.ts";
import { writeRunbookPdf } from "./write-pdf.ts";
import { writeRunbook } from "./write-runbook.ts";
import type { RunbookSurroundings } from "./write-runbook.ts";

type ProfileOfRunbook = Pick<Profile, "severities" | "contacts">;

/** A playbook as a runbook to print or to keep offline, with the profile's clocks and contacts. */
export async function exportPlaybook(
  { document, hash }: Pick<LoadedPlaybook, "document" | "hash">,
  profile: ProfileOfRunbook,
  format: PlaybookFormat,
): Promise<ExportedDocument> {
  const markdown = writeRunbook(document, { hash, ...surroundingsOf(profile) });
  const bytes = format === "pdf" ? await writeRunbookPdf(document.title, markdown) : Buffer.from(markdown);
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
