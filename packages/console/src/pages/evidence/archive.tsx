import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EvidenceCustodyView, EvidenceManifestView, EvidenceView } from "@firebreak/protocol";
import { Link } from "wouter";
import { transferEvidence, verifyEvidence } from "../../api/commands.ts";
import { evidenceCustodyQuery, evidenceItemsQuery, evidenceQuery } from "../../api/queries.ts";
import { At, ProblemNotice, StateBadge } from "../../components/bits.tsx";
import { FormDialog, tooShort } from "../../components/dialogs.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { incidentPath } from "../../navigation.ts";
import { formatBytes } from "../../time.ts";
import { Button } from "../../ui/button.tsx";
import { TextArea, TextField } from "../../ui/fields.tsx";
import { Facts, Panel } from "../../ui/layout.tsx";
import { Items } from "./items.tsx";
import { Verification } from "./verification.tsx";
import { copyWord, sealText, verifiedWord } from "./words.ts";

function ExportDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [reason, setReason] = useState("");
  const refusal = useRefusal("commander") ?? tooShort(reason, "a reason");
  return (
    <FormDialog
      title="Export this archive?"
      description="One tar.zst file, which anyone can verify without Firebreak. Workspaces and output are in it as they were: guard it. Custody records who exported it and why."
      action="Download"
      refusal={refusal}
      busy={false}
      error={null}
      onClose={onClose}
      onSubmit={() => {
        window.location.assign(
          `/api/v1/evidence/${encodeURIComponent(id)}/export?reason=${encodeURIComponent(reason.trim())}`,
        );
        onClose();
      }}
    >
      <TextArea label="Why" rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
    </FormDialog>
  );
}

function TransferDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [to, setTo] = useState("");
  const [reason, setReason] = useState("");
  const act = useAct(() => transferEvidence(id, { to: to.trim(), reason: reason.trim() }), {
    stale: ["evidence-custody"],
    done: "The handover is on record",
    onDone: onClose,
  });
  const refusal = useRefusal("commander") ?? tooShort(to, "a name") ?? tooShort(reason, "a reason");
  return (
    <FormDialog
      title="Record a handover"
      description="Who has the archive, or a copy of it, from now on."
      action="Record"
      refusal={refusal}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    >
      <TextField label="Handed to" value={to} onChange={(event) => setTo(event.target.value)} />
      <TextArea label="Why" rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
    </FormDialog>
  );
}

function Acts({ archive }: { readonly archive: EvidenceView }) {
  const [dialog, setDialog] = useState<"export" | "transfer" | null>(null);
  const verify = useAct(() => verifyEvidence(archive.id), { stale: ["evidence", "evidence-custody"] });
  const refusal = useRefusal("commander");
  return (
    <>
      <div className="form-actions">
        <Button kind="primary" icon="shield" busy={verify.isPending} onClick={() => verify.mutate()}>
          Verify
        </Button>
        <Button icon="out" disabledReason={refusal} onClick={() => setDialog("export")}>
          Export…
        </Button>
        <Button icon="person" disabledReason={refusal} onClick={() => setDialog("transfer")}>
          Hand over…
        </Button>
      </div>
      <div aria-live="polite">
        {verify.data && <Verification result={verify.data} />}
        <ProblemNotice error={verify.error} />
      </div>
      {dialog === "export" && <ExportDialog id={archive.id} onClose={() => setDialog(null)} />}
      {dialog === "transfer" && <TransferDialog id={archive.id} onClose={() => setDialog(null)} />}
    </>
  );
}

function Summary({
  archive,
  manifest,
}: {
  readonly archive: EvidenceView;
  readonly manifest: EvidenceManifestView | undefined;
}) {
  const copy = copyWord(archive);
  const seal = sealText(archive);
  const facts = [
    { label: "Collected", value: <At at={archive.collectedAt} withDay /> },
    { label: "By", value: manifest?.collector ?? archive.collectedBy.name },
    { label: "On", value: manifest === undefined ? "…" : `${manifest.hostname} (${manifest.platform})` },
    { label: "Size", value: formatBytes(archive.bytes) },
    { label: "Files", value: `${seal.label}: ${seal.meaning}` },
    { label: "Lies in", value: <code className="wrap-anywhere">{archive.directory}</code> },
    { label: "SHA-256 of the manifest", value: <code className="wrap-anywhere">{archive.manifestSha256}</code> },
    ...(archive.incidentId === null
      ? []
      : [{ label: "Incident", value: <Link href={incidentPath(archive.incidentId)}>{archive.incidentId}</Link> }]),
    ...(archive.copy === null
      ? []
      : [
          {
            label: "Copy",
            value: `${archive.copy.place}${archive.copy.locked ? ", locked there" : ""}${archive.copy.legalHold === "on" ? ", under its legal hold" : ""}${archive.copy.lastError === null ? "" : `: ${archive.copy.lastError}`}`,
          },
        ]),
  ];
  return (
    <Panel title="Archive" icon="archive">
      <div className="row card-row">
        <p className="hold-title">
          <StateBadge word={verifiedWord(archive)} />
          {copy !== null && <StateBadge word={copy} />}
        </p>
        <Facts facts={facts} />
        <Acts archive={archive} />
      </div>
    </Panel>
  );
}

const ACTS = {
  collected: "Collected",
  sealed: "Sealed",
  verified: "Verified",
  read: "Read",
  exported: "Exported",
  transferred: "Handed over",
  stored: "Stored",
  restored: "Restored",
  held: "Copy held",
  released: "Copy released",
  deleted: "Copy deleted",
} as const satisfies Record<EvidenceCustodyView["act"], string>;

function Custody({ entries }: { readonly entries: readonly EvidenceCustodyView[] }) {
  return (
    <Panel title="Custody" icon="person" aside={<span className="muted">{entries.length}</span>}>
      <ol className="rows">
        {entries.map((entry) => (
          <li key={entry.line} className="row card-row">
            <p className="hold-title">
              <strong>{ACTS[entry.act]}</strong>
              <span className="wrap-anywhere">{entry.reason}</span>
            </p>
            <p className="row-sub">
              <At at={entry.at} withDay />
              <span className="wrap-anywhere">by {entry.actor}</span>
              {entry.from !== null && <span className="wrap-anywhere">from {entry.from}</span>}
              {entry.to !== null && <span className="wrap-anywhere">to {entry.to}</span>}
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** One archive: whether it is as it was sealed, what is in it and what is not, and who had it in hands. */
export function ArchivePage({ id }: { readonly id: string }) {
  const archive = useQuery(evidenceQuery(id));
  const manifest = useQuery(evidenceItemsQuery(id, 0));
  const custody = useQuery(evidenceCustodyQuery(id));
  const title = archive.data?.reason ?? id;
  return (
    <Page title={title} back={{ href: "/evidence", label: "Evidence" }}>
      <div className="stack">
        <Loaded query={archive}>{(view) => <Summary archive={view} manifest={manifest.data} />}</Loaded>
        <Loaded query={manifest}>{(view) => <Items archive={id} manifest={view} />}</Loaded>
        <Loaded query={custody}>{(page) => <Custody entries={page.items} />}</Loaded>
      </div>
    </Page>
  );
}
