import { receiveSignals } from "../alerts/index.ts";
import type { Signal } from "../alerts/index.ts";
import { DAEMON } from "./house.ts";
import type { House } from "./house.ts";

/** What Firebreak finds wrong with itself or with how it is used. */
export interface OwnAlert {
  /** one alert is open per key */
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly severity: Signal["severity"];
  readonly labels?: Readonly<Record<string, string>>;
}

type AlertHouse = Pick<House, "database" | "clock" | "newId">;

const SOURCE = "firebreak";

/** Opens the alert, or says it again. It goes through the same pipeline as every other. */
export async function raiseOwnAlert(house: AlertHouse, alert: OwnAlert): Promise<void> {
  await receiveSignals({ ...house, actor: DAEMON }, [signalOf(house, alert, "trigger")]);
}

/** Ends the alert, if it is open. */
export async function endOwnAlert(house: AlertHouse, key: string): Promise<void> {
  const over = { key, title: key, text: "", severity: 4 } as const;
  await receiveSignals({ ...house, actor: DAEMON }, [signalOf(house, over, "resolve")]);
}

function signalOf(
  house: AlertHouse,
  { key, title, text, severity, labels = {} }: OwnAlert,
  action: Signal["action"],
): Signal {
  return {
    source: SOURCE,
    kind: SOURCE,
    key,
    action,
    title,
    text,
    severity,
    labels: { alertname: key, ...labels },
    annotations: {},
    links: [],
    startsAtMs: house.clock.now(),
    endsAtMs: null,
    staleAfterMs: null,
    groupKey: null,
    agentId: null,
    pack: null,
    detail: {},
    notes: [],
  };
}
