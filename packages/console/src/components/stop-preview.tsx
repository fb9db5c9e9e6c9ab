import { useId } from "react";
import type { StopPreview } from "@firebreak/protocol";
import { problemOf } from "../api/client.ts";
import type { StopTarget } from "../api/queries.ts";
import { useLate } from "../hooks/use-late.ts";
import { Loading, Notice } from "../ui/layout.tsx";
import { count, SESSION_WORDS } from "../words.ts";
import { Ago, ProblemNotice, StateBadge } from "./bits.tsx";

function PreviewList({ preview }: { readonly preview: StopPreview }) {
  if (preview.sessions.length === 0) {
    return (
      <Notice tone="info" title="Nothing runs under this now">
        <p>The hold still refuses every new call and every new start that it covers.</p>
      </Notice>
    );
  }
  return (
    <ul className="preview-list">
      {preview.sessions.map((session) => (
        <li key={session.id} className="preview-item">
          <StateBadge word={SESSION_WORDS[session.state]} />
          <strong className="wrap-anywhere">{session.agentId}</strong>
          {session.pack && <span className="muted">pack {session.pack}</span>}
          <span className="muted">
            on {session.host}, since <Ago at={session.startedAt} />
          </span>
          <code className="preview-command">{session.command.join(" ")}</code>
        </li>
      ))}
    </ul>
  );
}

/** After so long nobody should wait for a look ahead any more. */
const PREVIEW_MS = 4000;

/** @returns true when what it will touch cannot be shown: the server is slow, failing or gone, and a stop must not wait */
export function useUnseen(isWanted: boolean, { data, error }: Pick<PreviewProps["query"], "data" | "error">): boolean {
  const isLate = useLate(isWanted && data === undefined, PREVIEW_MS);
  return isLate || (error !== null && isServersFault(error));
}

/** @returns true when the server is gone or failing, rather than refusing */
export function isServersFault(error: unknown): boolean {
  const { status } = problemOf(error);
  return status === 0 || status >= 500;
}

interface PreviewProps {
  readonly target: StopTarget | null;
  readonly isUnseen: boolean;
  readonly query: { readonly data: StopPreview | undefined; readonly error: unknown; readonly isFetching: boolean };
}

/** The dry run: what a stop would touch, from the server, before anything is done. */
export function Preview({ target, isUnseen, query }: PreviewProps) {
  const id = useId();
  const { data, error, isFetching } = query;
  return (
    <section className="preview" aria-labelledby={id} aria-live="polite" aria-busy={isFetching}>
      <h3 className="preview-title" id={id}>
        What it will touch
        {data && target && (
          <span className="muted">
            {" "}
            {count(data.sessions.length, "session")}, {count(data.agents.length, "agent")},{" "}
            {count(data.packs.length, "pack")}
          </span>
        )}
      </h3>
      {target === null && <p className="muted">Choose a target to see it.</p>}
      {target !== null && error !== null && <ProblemNotice error={error} />}
      {target !== null && data === undefined && error === null && (
        <Loading rows={2} label="Asking what it will touch" />
      )}
      {target !== null && data && <PreviewList preview={data} />}
      {target !== null && data === undefined && isUnseen && (
        <p>It cannot be shown now. The stop does not need it: confirm it without.</p>
      )}
    </section>
  );
}
