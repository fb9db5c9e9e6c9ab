import type { ShipmentView } from "@firebreak/protocol";
import { shipHeads } from "../../api/commands.ts";
import { Ago, StateBadge } from "../../components/bits.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { notify } from "../../ui/toast.tsx";
import { count } from "../../words.ts";
import { Trouble } from "./trouble.tsx";
import { KIND_LABELS, shipmentWord } from "./words.ts";

const EXAMPLE = `# profile.yaml
audit:
  ship:
    - { name: disk, kind: file, path: /mnt/elsewhere/checkpoints }
    - { name: auditor, kind: email, channel: auditor }`;

function tellShipped(items: readonly ShipmentView[]): void {
  const failed = items.filter(({ problem }) => problem !== null);
  if (failed.length === 0) notify("done", `The newest checkpoint is in ${count(items.length, "place")}`);
  else
    notify(
      "fault",
      `It did not get to ${failed.map(({ name }) => name).join(", ")}`,
      "Below stands why, and what to do.",
    );
}

function ShipNow({ amount }: { readonly amount: number }) {
  const refusal = useRefusal("admin");
  const ship = useAct(shipHeads, { stale: ["audit-log"], inToast: true, onDone: ({ items }) => tellShipped(items) });
  return (
    <Button
      icon="out"
      busy={ship.isPending}
      disabledReason={amount === 0 ? "The profile names no place yet." : refusal}
      onClick={() => ship.mutate()}
    >
      Ship now
    </Button>
  );
}

function ShipmentRow({ shipment, size }: { readonly shipment: ShipmentView; readonly size: number }) {
  const { name, kind, place, shippedAt } = shipment;
  const behind = size - shipment.size;
  return (
    <li className="row log-row" data-shipment={name}>
      <p className="agent-name">
        <strong className="wrap-anywhere">{name}</strong>
        <span className="muted">{KIND_LABELS[kind]}</span>
        <StateBadge word={shipmentWord(shipment)} />
        {shipment.problem !== null && shipment.isLate && (
          <StateBadge word={shipmentWord({ ...shipment, problem: null })} />
        )}
      </p>
      <p className="row-sub">
        <span>{place}</span>
        {shippedAt === null ? (
          <span>never shipped</span>
        ) : (
          <span>
            last shipped <Ago at={shippedAt} />
          </span>
        )}
        {shippedAt !== null && <span>{count(shipment.size, "entry", "entries")}</span>}
        {shippedAt !== null && behind > 0 && <span>{count(behind, "entry", "entries")} since</span>}
      </p>
      <Trouble of={shipment} />
    </li>
  );
}

/** Where the profile has checkpoints sent to, and how far each place has come. */
export function Shipments({ shipments, size }: { readonly shipments: readonly ShipmentView[]; readonly size: number }) {
  return (
    <Panel title="Kept outside" icon="out" aside={<ShipNow amount={shipments.length} />}>
      {shipments.length === 0 ? (
        <Empty title="No place outside keeps this log’s checkpoints" command={EXAMPLE}>
          A file on another disk, an address, a mailbox, a Git repository or an S3 store gets the newest signed
          checkpoint by itself. With it a log that was replaced as a whole is found out. Write places into the profile
          and start Firebreak anew.
        </Empty>
      ) : (
        <ul className="rows">
          {shipments.map((shipment) => (
            <ShipmentRow key={shipment.name} shipment={shipment} size={size} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
