import { useState } from "react";
import type { ExportedDocument, ExportFormat } from "@firebreak/protocol";
import { useAct } from "../hooks/use-act.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Button } from "../ui/button.tsx";
import { SelectField } from "../ui/fields.tsx";
import { ProblemNotice } from "./bits.tsx";

const FORMATS: readonly { readonly value: ExportFormat; readonly label: string }[] = [
  { value: "pdf", label: "PDF" },
  { value: "markdown", label: "Markdown" },
  { value: "csv", label: "CSV" },
  { value: "json", label: "JSON" },
];

function bytesOf({ content, encoding }: ExportedDocument): Uint8Array<ArrayBuffer> {
  if (encoding === "utf8") return new TextEncoder().encode(content);
  return Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
}

/** Hands a document to the browser's downloads; nothing of it is opened here. */
function save(document: ExportedDocument): void {
  const url = URL.createObjectURL(new Blob([bytesOf(document)], { type: "application/octet-stream" }));
  const link = Object.assign(window.document.createElement("a"), { href: url, download: document.filename });
  link.click();
  URL.revokeObjectURL(url);
}

interface ExportFormProps {
  /** timeline, impact */
  readonly what: string;
  readonly act: (format: ExportFormat) => Promise<ExportedDocument>;
}

export function ExportForm({ what, act }: ExportFormProps) {
  const [format, setFormat] = useState<ExportFormat>("pdf");
  const refusal = useRefusal("responder");
  const exporting = useAct(() => act(format), {
    stale: [],
    done: `The ${what} was exported; its hash stands in the audit log`,
    onDone: save,
  });
  return (
    <div className="form form-inline">
      <SelectField
        label={`Export the ${what} as`}
        value={format}
        options={FORMATS}
        onChange={(value) => setFormat(FORMATS.find((one) => one.value === value)?.value ?? "pdf")}
      />
      <Button icon="archive" busy={exporting.isPending} disabledReason={refusal} onClick={() => exporting.mutate()}>
        Export
      </Button>
      <ProblemNotice error={exporting.error} />
    </div>
  );
}
