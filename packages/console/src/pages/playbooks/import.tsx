import { useMutation } from "@tanstack/react-query";
import { type DragEvent, useState } from "react";
import { importRunbook } from "../../api/run-commands.ts";
import { ProblemNotice } from "../../components/bits.tsx";
import { Page } from "../../components/page.tsx";
import { useRefusal } from "../../hooks/use-me.ts";
import { Button } from "../../ui/button.tsx";
import { TextArea } from "../../ui/fields.tsx";
import { Icon } from "../../ui/icons.tsx";
import { ImportResult } from "./import-result.tsx";

const BYTES_MAX = 1_000_000;

interface Runbook {
  readonly name: string;
  readonly markdown: string;
}

function refuse({ markdown }: Runbook): string | null {
  if (markdown.trim() === "") return "Paste a runbook or choose a file first.";
  const bytes = new TextEncoder().encode(markdown).length;
  return bytes > BYTES_MAX ? "A runbook has at most 1 MB: import it in several files." : null;
}

/** Where a runbook is pasted, chosen or dropped. */
function RunbookForm({ onImport, busy }: { readonly onImport: (runbook: Runbook) => void; readonly busy: boolean }) {
  const [runbook, setRunbook] = useState<Runbook>({ name: "runbook.md", markdown: "" });
  const [isOver, setOver] = useState(false);
  const role = useRefusal("responder");
  const take = async (file: File | undefined) => {
    if (file !== undefined) setRunbook({ name: file.name, markdown: await file.text() });
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };
  return (
    <form
      className="panel import-form"
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      onSubmit={(event) => {
        event.preventDefault();
        if (refuse(runbook) === null) onImport(runbook);
      }}
    >
      <TextArea
        label="Runbook in Markdown"
        hint="Paste it here, or drop a file. Nothing of it is run or saved."
        rows={10}
        value={runbook.markdown}
        onChange={(event) => setRunbook({ ...runbook, markdown: event.target.value })}
      />
      <div className="form-actions">
        <label className="button button-plain import-file">
          <Icon name="archive" /> Choose a file
          <input
            type="file"
            className="sr-only"
            accept=".md,.markdown,.txt,text/markdown,text/plain"
            onChange={(event) => void take(event.target.files?.[0])}
          />
        </label>
        <Button type="submit" kind="primary" busy={busy} disabledReason={role ?? refuse(runbook)}>
          Import
        </Button>
      </div>
    </form>
  );
}

export function ImportPage() {
  const act = useMutation({
    mutationFn: async (runbook: Runbook) => ({ runbook, imported: await importRunbook(runbook) }),
  });
  return (
    <Page
      title="Import a runbook"
      lead="A runbook in Markdown becomes playbooks; each line is accounted for."
      back={{ href: "/playbooks", label: "Playbooks" }}
    >
      <div className="stack">
        <RunbookForm busy={act.isPending} onImport={act.mutate} />
        <ProblemNotice error={act.error} />
        {act.data !== undefined && (
          <ImportResult key={act.submittedAt} markdown={act.data.runbook.markdown} imported={act.data.imported} />
        )}
      </div>
    </Page>
  );
}
