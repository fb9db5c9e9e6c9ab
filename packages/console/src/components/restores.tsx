import type { RestoreBatch, RestoreView } from "@firebreak/protocol";
import { Badge } from "../ui/badge.tsx";
import { Notice, Panel } from "../ui/layout.tsx";
import { Ago } from "./bits.tsx";

const namesOf = (batch: RestoreBatch) => batch.map((place) => place.target).join(", ");

function Batches({ restore }: { readonly restore: RestoreView }) {
  return (
    <ol className="rows">
      {restore.batches.map((batch, index) => (
        <li key={namesOf(batch)} className="row card-row">
          <p className="hold-title">
            {index < restore.released ? <Badge tone="ok">Back</Badge> : <Badge tone="hold">Stopped</Badge>}
            <span className="wrap-anywhere">{namesOf(batch)}</span>
            {index === restore.released && restore.nextAt !== null && (
              <span className="muted">
                next, <Ago at={restore.nextAt} />
              </span>
            )}
          </p>
        </li>
      ))}
    </ol>
  );
}

/** The return after a stop of everything: what is back, what comes next, and why it halted. */
export function Restores({ restores }: { readonly restores: readonly RestoreView[] }) {
  const restore = restores.find(({ state }) => state !== "done");
  if (restore === undefined) return null;
  const amount = `${restore.released} of ${restore.batches.length} batches`;
  return (
    <Panel title="Coming back" icon="retry" tone="accent" aside={<span className="muted">{amount}</span>}>
      {restore.state === "halted" && (
        <Notice tone="warn" title="Halted: the rest stays stopped">
          <p>{restore.problem}. Resume what is left one by one when it is safe.</p>
        </Notice>
      )}
      <Batches restore={restore} />
    </Panel>
  );
}
