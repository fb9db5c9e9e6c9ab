import { useQuery } from "@tanstack/react-query";
import type { EventExportFormat, ExportView } from "@firebreak/protocol";
import { useState } from "react";
import { type EventQuery, exportQuery, requestExport, saveView } from "../../api/explorer-queries.ts";
import { ProblemNotice } from "../../components/bits.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { formatBytes } from "../../time.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Choices, TextField } from "../../ui/fields.tsx";
import { Notice } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { commandOf } from "./filters.ts";

interface DialogProps {
  readonly query: EventQuery;
  readonly open: boolean;
  readonly onClose: () => void;
}

const SHARING = [
  { value: "own", label: "For me" },
  { value: "shared", label: "For everybody" },
];

/** Keeps the filters under a name. */
export function SaveViewDialog({ query, open, onClose }: DialogProps) {
  const [name, setName] = useState("");
  const [sharing, setSharing] = useState("own");
  const save = useAct(() => saveView({ name: name.trim(), shared: sharing === "shared", filters: query }), {
    stale: ["saved-views"],
    done: "The view is saved",
    onDone: onClose,
  });
  const blocked = name.trim() === "" ? "Give it a name." : null;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Save this view"
      description={<code className="wrap-anywhere">{commandOf(query)}</code>}
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (blocked === null) save.mutate();
        }}
      >
        <TextField label="Name" value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
        <Choices label="Who sees it" name="sharing" value={sharing} choices={SHARING} onChange={setSharing} />
        <ProblemNotice error={save.error} />
        <div className="form-actions">
          <Button type="submit" kind="primary" busy={save.isPending} disabledReason={blocked}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const FORMATS = [
  { value: "ndjson", label: "NDJSON", hint: "Every event as it is, one a line." },
  { value: "csv", label: "CSV", hint: "For spreadsheets; formulas become text." },
  { value: "ocsf", label: "OCSF", hint: "Open Cybersecurity Schema Framework 1.8.0." },
];

function formatOf(value: string): EventExportFormat {
  return value === "csv" || value === "ocsf" ? value : "ndjson";
}

/** Asks for a file of what is found; who asked, and why, is on record. */
export function ExportDialog({ query, open, onClose }: DialogProps) {
  const [format, setFormat] = useState<EventExportFormat>("ndjson");
  const [reason, setReason] = useState("");
  const ask = useAct(() => requestExport({ format, filters: query, reason: reason.trim() }), { stale: [] });
  const blocked = reason.trim().length < 3 ? "Say why, in three characters or more." : null;
  const close = () => {
    ask.reset();
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title="Export events"
      description={<code className="wrap-anywhere">{commandOf(query, "firebreak events export")}</code>}
    >
      {ask.data ? (
        <Fetch asked={ask.data} />
      ) : (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            if (blocked === null && !ask.isPending) ask.mutate();
          }}
        >
          <Choices
            label="Format"
            name="format"
            value={format}
            choices={FORMATS}
            onChange={(value) => setFormat(formatOf(value))}
          />
          <TextField label="Why" value={reason} maxLength={1000} onChange={(event) => setReason(event.target.value)} />
          <ProblemNotice error={ask.error} />
          <div className="form-actions">
            <p className="form-note">It is in the audit log, with your name. What was redacted stays so.</p>
            <Button type="submit" kind="primary" busy={ask.isPending} disabledReason={blocked}>
              Prepare
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

/** The browser writes the file to disk while the server makes it; the manifest is there when it has ended. */
function Fetch({ asked }: { readonly asked: ExportView }) {
  const view = useQuery(exportQuery(asked.id)).data ?? asked;
  const { id, fileName, state, events, bytes, sha256, manifest } = view;
  return (
    <div className="form">
      <p>
        <a
          className="button button-primary"
          href={`/api/v1/exports/${encodeURIComponent(id)}/content`}
          download={fileName}
        >
          Save {fileName}
        </a>
      </p>
      {state === "running" && <p role="status">It is being written…</p>}
      {state === "failed" && (
        <Notice tone="warn" title="It broke off">
          Save it again.
        </Notice>
      )}
      {state === "done" && manifest !== null && (
        <Notice tone="ok" title={`${count(events, "event")}, ${formatBytes(bytes)}`}>
          <p className="wrap-anywhere">SHA-256 {sha256}</p>
          <p>
            <a href={`data:text/plain;charset=utf-8,${encodeURIComponent(manifest)}`} download={`${fileName}.manifest`}>
              Save the signed manifest
            </a>{" "}
            and check both with <code>firebreak export verify {fileName}</code>
          </p>
        </Notice>
      )}
    </div>
  );
}
