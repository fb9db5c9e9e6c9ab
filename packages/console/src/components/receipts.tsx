import { useQuery } from "@tanstack/react-query";
import type { ReceiptSummary } from "@firebreak/protocol";
import { getReceipt, getReceiptAddendum } from "../api/commands.ts";
import { receiptsQuery } from "../api/queries.ts";
import { useAct } from "../hooks/use-act.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Empty, Panel } from "../ui/layout.tsx";
import { count } from "../words.ts";
import { ActorName, At, holdSentence, LevelBadge } from "./bits.tsx";
import { Loaded } from "./page.tsx";

/** Hands what was signed over as a file, for whoever verifies it elsewhere. */
async function save(name: string, get: () => Promise<object>): Promise<void> {
  const receipt = await get();
  const url = URL.createObjectURL(new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name}.json`;
  link.click();
  URL.revokeObjectURL(url);
}

function latency({ verified, targets, slowestMs }: ReceiptSummary): string {
  if (targets === 0) return "nothing was running";
  const proof = verified === false ? "not everything proved" : "proved";
  return `${count(targets, "target")}, ${proof}${slowestMs === null ? "" : ` in ${Math.round(slowestMs)} ms`}`;
}

function Receipt({ receipt }: { readonly receipt: ReceiptSummary }) {
  const { id } = receipt;
  const act = useAct(() => save(id, () => getReceipt(id)), { stale: [], inToast: true });
  const addendum = useAct(() => save(`${id}-addendum`, () => getReceiptAddendum(id)), { stale: [], inToast: true });
  const isStop = receipt.kind === "stop";
  return (
    <li className="row card-row" data-receipt={receipt.id}>
      <p className="hold-title">
        {isStop ? <LevelBadge level={receipt.level} /> : <Badge tone="ok">Resumed</Badge>}
        <strong className="wrap-anywhere">{holdSentence(receipt)}</strong>
        {receipt.drill && <Badge tone="info">Drill</Badge>}
        {receipt.contradictedAt !== null && <Badge tone="danger">Contradicted</Badge>}
        {receipt.verified === false && receipt.level !== "deny" && <Badge tone="danger">Not proved</Badge>}
      </p>
      <p className="hold-reason wrap-anywhere">
        <At at={receipt.at} /> · <ActorName actor={receipt.by} />: {receipt.reason}
      </p>
      {receipt.contradictedAt !== null && (
        <p className="hold-reason">
          Acts of a stopped session were reported after this proof (found <At at={receipt.contradictedAt} />
          ). Take the stop for unverified.
        </p>
      )}
      <p className="row-sub">
        {isStop && <span>{latency(receipt)}</span>}
        <Button kind="plain" icon="archive" data-row="" busy={act.isPending} onClick={() => act.mutate()}>
          Signed receipt
        </Button>
        {receipt.contradictedAt !== null && (
          <Button kind="plain" icon="archive" data-row="" busy={addendum.isPending} onClick={() => addendum.mutate()}>
            Signed addendum
          </Button>
        )}
      </p>
    </li>
  );
}

/** Stops and resumes with what was proved, each with the file that proves it elsewhere. */
export function Receipts() {
  const query = useQuery(receiptsQuery);
  return (
    <Panel title="Receipts" icon="shield">
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No receipt yet">Every stop and every resume leaves a signed one here.</Empty>
          ) : (
            <ul className="rows">
              {items.map((receipt) => (
                <Receipt key={receipt.id} receipt={receipt} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}
