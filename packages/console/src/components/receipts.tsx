import { useQuery } from "@tanstack/react-query";
import type { ReceiptSummary } from "@firebreak/protocol";
import { getReceipt } from "../api/commands.ts";
import { receiptsQuery } from "../api/queries.ts";
import { useAct } from "../hooks/use-act.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Empty, Panel } from "../ui/layout.tsx";
import { count } from "../words.ts";
import { ActorName, At, holdSentence, LevelBadge } from "./bits.tsx";
import { Loaded } from "./page.tsx";

/** Hands the signed receipt over as a file, for whoever verifies it elsewhere. */
async function save(id: string): Promise<void> {
  const receipt = await getReceipt(id);
  const url = URL.createObjectURL(new Blob([JSON.stringify(receipt, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${id}.json`;
  link.click();
  URL.revokeObjectURL(url);
}

function latency({ verified, targets, slowestMs }: ReceiptSummary): string {
  if (targets === 0) return "nothing was running";
  const proof = verified === false ? "not everything proved" : "proved";
  return `${count(targets, "target")}, ${proof}${slowestMs === null ? "" : ` in ${Math.round(slowestMs)} ms`}`;
}

function Receipt({ receipt }: { readonly receipt: ReceiptSummary }) {
  const act = useAct(() => save(receipt.id), { stale: [], inToast: true });
  const isStop = receipt.kind === "stop";
  return (
    <li className="row card-row" data-receipt={receipt.id}>
      <p className="hold-title">
        {isStop ? <LevelBadge level={receipt.level} /> : <Badge tone="ok">Resumed</Badge>}
        <strong className="wrap-anywhere">{holdSentence(receipt)}</strong>
        {receipt.drill && <Badge tone="info">Drill</Badge>}
        {receipt.verified === false && receipt.level !== "deny" && <Badge tone="danger">Not proved</Badge>}
      </p>
      <p className="hold-reason wrap-anywhere">
        <At at={receipt.at} /> · <ActorName actor={receipt.by} />: {receipt.reason}
      </p>
      <p className="row-sub">
        {isStop && <span>{latency(receipt)}</span>}
        <Button kind="plain" icon="archive" data-row="" busy={act.isPending} onClick={() => act.mutate()}>
          Signed receipt
        </Button>
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
