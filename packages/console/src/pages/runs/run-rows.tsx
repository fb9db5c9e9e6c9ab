import type { RunView } from "@firebreak/protocol";
import { Link } from "wouter";
import { ActorName, Ago, StateBadge } from "../../components/bits.tsx";
import { runPath } from "../../navigation.ts";
import { Empty } from "../../ui/layout.tsx";
import { sayName } from "../../words.ts";
import { runWord } from "./words.ts";

/** Runs as a list, newest first. */
export function RunRows({ runs }: { readonly runs: readonly RunView[] }) {
  if (runs.length === 0)
    return <Empty title="It has not run yet">Runs begin by a rule of the profile, or by a person.</Empty>;
  return (
    <ul className="rows">
      {runs.map((run) => (
        <li key={run.id} className="row">
          <Link href={runPath(run.id)} className="row-link row-link-two" data-row="">
            <span className="row-main">
              <span className="row-title">{run.playbookTitle}</span>
              <span className="row-sub">
                {run.incidentId !== null && <span className="number">{run.incidentId}</span>}
                <span>
                  asked for by <ActorName actor={run.requestedBy} />
                </span>
                <Ago at={run.requestedAt} />
                {run.reason !== null && <span>{sayName(run.reason)}</span>}
              </span>
            </span>
            <span className="row-state">
              <StateBadge word={runWord(run)} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
