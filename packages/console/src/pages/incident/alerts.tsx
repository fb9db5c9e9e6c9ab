import type { AlertView } from "@firebreak/protocol";
import { AlertCard } from "../../components/alert-card.tsx";
import { Empty } from "../../ui/layout.tsx";

export function AlertsTab({ alerts }: { readonly alerts: readonly AlertView[] }) {
  if (alerts.length === 0)
    return (
      <Empty title="No alert belongs to it">
        A person reported this incident; a rule that fires for the same agent will join it.
      </Empty>
    );
  return (
    <ul className="rows panel">
      {alerts.map((alert) => (
        <AlertCard key={alert.id} alert={alert} />
      ))}
    </ul>
  );
}
