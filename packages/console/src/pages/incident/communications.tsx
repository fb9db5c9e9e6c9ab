import type { DeliveryView } from "@firebreak/protocol";
import { retryDelivery } from "../../api/commands.ts";
import { Ago, At, StateBadge } from "../../components/bits.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/layout.tsx";
import { count, DELIVERY_WORDS } from "../../words.ts";

function Delivery({ delivery }: { readonly delivery: DeliveryView }) {
  const refusal = useRefusal("responder");
  const act = useAct(() => retryDelivery(delivery.id), {
    stale: ["incident", "overview"],
    inToast: true,
    done: "It is being tried again",
  });
  return (
    <li className="row card-row">
      <div className="card-line">
        <div className="agent-main">
          <p className="hold-title">
            <StateBadge word={DELIVERY_WORDS[delivery.state]} />
            <strong className="wrap-anywhere">{delivery.subject}</strong>
          </p>
          <p className="row-sub">
            <span>
              {delivery.channelKind} to {delivery.channel}
            </span>
            <span>{delivery.template}</span>
            <span>{count(delivery.attempts, "attempt")}</span>
            {delivery.deliveredAt ? (
              <span>
                delivered <At at={delivery.deliveredAt} />
              </span>
            ) : (
              <span>
                last change <Ago at={delivery.updatedAt} />
              </span>
            )}
          </p>
          {delivery.receipt && (
            <p className="row-sub">
              <span className="wrap-anywhere">
                Receipt: <code>{delivery.receipt}</code>
              </span>
            </p>
          )}
          {delivery.lastError && <p className="delivery-error wrap-anywhere">Last error: {delivery.lastError}</p>}
        </div>
        {delivery.state === "failed" && (
          <Button icon="retry" data-row="" busy={act.isPending} disabledReason={refusal} onClick={() => act.mutate()}>
            Try again
          </Button>
        )}
      </div>
    </li>
  );
}

export function CommunicationsTab({ deliveries }: { readonly deliveries: readonly DeliveryView[] }) {
  if (deliveries.length === 0)
    return (
      <Empty title="Nobody was told">
        Channels are in channels.yaml of your Firebreak home; the profile says which severity goes where.
      </Empty>
    );
  return (
    <ul className="rows panel">
      {deliveries.map((delivery) => (
        <Delivery key={delivery.id} delivery={delivery} />
      ))}
    </ul>
  );
}
