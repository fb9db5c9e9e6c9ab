import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type { PlaybookImport } from "@firebreak/protocol";
import { showHidden } from "../../harmless.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { SelectField } from "../../ui/fields.tsx";
import { Inline, Notice, Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { sayBecame } from "./import-words.ts";
import { stepOfLines } from "./yaml-blocks.ts";

type Imported = PlaybookImport["playbooks"][number];
type Lines = PlaybookImport["lines"][number];

/** A step of one of the playbooks, on which both sides show what belongs together. */
interface Focus {
  readonly playbook: string;
  readonly step: string;
  /** where the reader is; the other side follows */
  readonly side: "source" | "result";
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  const link = Object.assign(window.document.createElement("a"), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}

/** Scrolls the list to its first lit line when the reader is on the other side. */
function useFollow(list: RefObject<HTMLElement | null>, isOther: boolean, focus: Focus | null): void {
  useEffect(() => {
    const lit = isOther ? list.current?.querySelector<HTMLElement>("[data-lit]") : null;
    const box = list.current;
    if (!lit || box === null) return;
    box.scrollTop = lit.offsetTop - box.offsetTop - box.clientHeight / 3;
  }, [list, isOther, focus]);
}

interface SideProps {
  readonly imported: PlaybookImport;
  readonly focus: Focus | null;
  readonly onFocus: (focus: Focus | null) => void;
}

function SourceLines({
  lines,
  texts,
  lit,
  onFocus,
}: {
  lines: Lines;
  texts: readonly string[];
  lit: boolean;
  onFocus: () => void;
}) {
  return (
    <li
      className="import-lines"
      data-lit={lit || undefined}
      data-understood={lines.understood}
      tabIndex={lines.step === null ? undefined : 0}
      onMouseEnter={onFocus}
      onFocus={onFocus}
    >
      <pre className="import-text" data-from={lines.from}>
        {texts.map((text, index) => (
          <span key={index} className="import-line">
            <span className="import-number" aria-hidden="true">
              {lines.from + index}
            </span>
            {showHidden(text) || " "}
          </span>
        ))}
      </pre>
      <p className="import-became">
        <span className="sr-only">
          Lines {lines.from} to {lines.to} became{" "}
        </span>
        → {sayBecame(lines)}
        {lines.detail !== "" && <span className="muted"> ({showHidden(lines.detail)})</span>}
      </p>
    </li>
  );
}

function SourceSide({ markdown, imported, focus, onFocus }: SideProps & { readonly markdown: string }) {
  const list = useRef<HTMLOListElement>(null);
  const all = useMemo(() => markdown.replaceAll(/\r\n?/g, "\n").split("\n"), [markdown]);
  useFollow(list, focus?.side === "result", focus);
  return (
    <Panel title="Runbook" icon="note" aside={<span className="muted">{count(all.length, "line")}</span>}>
      <ol className="import-side" ref={list} tabIndex={0} aria-label="The runbook, and what its lines became">
        {imported.lines.map((lines) => (
          <SourceLines
            key={lines.from}
            lines={lines}
            texts={all.slice(lines.from - 1, lines.to)}
            lit={lines.step !== null && lines.step === focus?.step && lines.playbook === focus.playbook}
            onFocus={() =>
              onFocus(
                lines.step === null || lines.playbook === null
                  ? null
                  : { playbook: lines.playbook, step: lines.step, side: "source" },
              )
            }
          />
        ))}
      </ol>
    </Panel>
  );
}

function ResultSide({ imported, focus, onFocus }: SideProps) {
  const [chosen, setChosen] = useState(imported.playbooks[0]?.id ?? "");
  const list = useRef<HTMLOListElement>(null);
  const shownId = focus?.side === "source" ? focus.playbook : chosen;
  const shown = imported.playbooks.find(({ id }) => id === shownId) ?? imported.playbooks[0];
  const steps = useMemo(() => stepOfLines(shown?.yaml ?? ""), [shown]);
  useFollow(list, focus?.side === "source", focus);
  if (shown === undefined) return null;
  return (
    <Panel
      title="Playbook"
      icon="book"
      aside={
        <Button
          icon="archive"
          aria-label={`Download ${shown.id}.yaml`}
          onClick={() => save(`${shown.id}.yaml`, shown.yaml)}
        >
          Download
        </Button>
      }
    >
      {imported.playbooks.length > 1 && (
        <div className="panel-body">
          <SelectField
            label={`One of ${imported.playbooks.length} playbooks`}
            value={shown.id}
            options={imported.playbooks.map(({ id, title }) => ({ value: id, label: title }))}
            onChange={(id) => {
              setChosen(id);
              onFocus(null);
            }}
          />
        </div>
      )}
      <ol className="import-side source-lines" ref={list} tabIndex={0} aria-label={`YAML of ${shown.id}`}>
        {shown.yaml.split("\n").map((line, index) => {
          const step = steps[index] ?? null;
          const here = shown.problems.filter((problem) => problem.line === index + 1);
          return (
            <li
              key={index}
              data-lit={(step !== null && step === focus?.step && shown.id === focus.playbook) || undefined}
              data-faulty={here.length > 0 || undefined}
              onMouseEnter={() => onFocus(step === null ? null : { playbook: shown.id, step, side: "result" })}
            >
              <code>{showHidden(line) || " "}</code>
              {here.map((problem) => (
                <p key={problem.message} className="source-problem">
                  <Badge tone={problem.level === "error" ? "danger" : "warn"}>{problem.level}</Badge>{" "}
                  <Inline text={problem.message} />. <Inline text={problem.remedy} />.
                </p>
              ))}
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

function Warnings({ imported }: { readonly imported: PlaybookImport }) {
  const { warnings, added, lines } = imported;
  const unread = lines.filter(({ understood }) => !understood);
  return (
    <>
      {warnings.length > 0 && (
        <Notice tone="warn" title={`${count(warnings.length, "warning")} about the runbook itself`}>
          <ul className="import-warnings">
            {warnings.map((warning) => (
              <li key={`${warning.line} ${warning.code}`} className="wrap-anywhere">
                Line {warning.line}: <Inline text={warning.message} />. <Inline text={warning.remedy} />.
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {unread.length > 0 && (
        <Notice tone="info" title={`${count(unread.length, "part")} kept as notes, not understood`}>
          <p>Lines {unread.map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`)).join(", ")}</p>
        </Notice>
      )}
      {added.length > 0 && (
        <Notice tone="info" title={`${count(added.length, "step")} added that the runbook does not have`}>
          <ul className="import-warnings">
            {added.map(({ playbook, step, note }) => (
              <li key={`${playbook} ${step}`} className="wrap-anywhere">
                {step} in {playbook}: {note}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}

function Verdict({ playbooks }: { readonly playbooks: readonly Imported[] }) {
  const toMend = playbooks.filter(({ problems }) => problems.some(({ level }) => level === "error"));
  const steps = playbooks.reduce((sum, one) => sum + one.steps, 0);
  const what = `${count(playbooks.length, "playbook")} with ${count(steps, "step")}`;
  return toMend.length === 0 ? (
    <Notice tone="ok" title={`${what}; all would load`}>
      <p>Nothing was saved. Download the files and put them into the folder playbooks of your Firebreak home.</p>
    </Notice>
  ) : (
    <Notice tone="warn" title={`${what}; ${toMend.length} must be mended by you before they load`}>
      <p>The problems stand under their lines: {toMend.map(({ id }) => id).join(", ")}.</p>
    </Notice>
  );
}

interface ImportResultProps {
  readonly markdown: string;
  readonly imported: PlaybookImport;
}

/** What became of the runbook: both side by side, line by line. */
export function ImportResult({ markdown, imported }: ImportResultProps) {
  const [focus, setFocus] = useState<Focus | null>(null);
  const side = { imported, focus, onFocus: setFocus };
  return (
    <div className="stack" role="region" aria-label="Result of the import">
      <Verdict playbooks={imported.playbooks} />
      <Warnings imported={imported} />
      <div className="import-columns">
        <SourceSide markdown={markdown} {...side} />
        <ResultSide {...side} />
      </div>
    </div>
  );
}
