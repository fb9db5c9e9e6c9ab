import type { EventView } from "@firebreak/protocol";
import { At } from "../../components/bits.tsx";
import { showHidden } from "../../harmless.ts";
import { Badge } from "../../ui/badge.tsx";
import { OUTCOME_WORDS, RISK_TONES } from "../../words.ts";

const TEXT_CHARACTERS_MAX = 240;

/** What an event is about, in one line. */
function saidBy({ data, resource }: EventView): string {
  const found = ["command", "content", "text", "message", "url", "file_path", "response", "event"]
    .map((name) => data[name])
    .find((value) => typeof value === "string" && value !== "");
  const text =
    typeof found === "string" ? found : (resource ?? (Object.keys(data).length === 0 ? "" : JSON.stringify(data)));
  return text.replaceAll(/\s+/g, " ").slice(0, TEXT_CHARACTERS_MAX);
}

function nameOf({ data }: EventView): string | null {
  const tool = data["tool_name"] ?? data["tool"];
  return typeof tool === "string" && tool !== "" ? tool : null;
}

interface EventRowsProps {
  readonly events: readonly EventView[];
  readonly opened: number | null;
  readonly onOpen: (seq: number) => void;
}

/** Found events, one line each; a click or Enter opens one. */
export function EventRows({ events, opened, onOpen }: EventRowsProps) {
  return (
    <ol className="event-rows panel" aria-label="Events">
      {events.map((event) => {
        const word = OUTCOME_WORDS[event.outcome];
        const name = nameOf(event);
        return (
          <li
            key={event.seq}
            className={`event-row tone-${event.outcome === "denied" ? "danger" : event.outcome === "failure" ? "warn" : "neutral"}`}
          >
            <button
              type="button"
              className="event-open"
              data-row=""
              data-event={event.seq}
              aria-current={event.seq === opened ? "true" : undefined}
              onClick={() => onOpen(event.seq)}
            >
              <span className="event-time">
                <At at={event.time} />
              </span>
              <span className="event-agent">{event.agent.id}</span>
              <span className="event-kind">{event.kind.replace("_", " ")}</span>
              <span className="event-text">
                {name !== null && <strong>{showHidden(name)} </strong>}
                {showHidden(saidBy(event))}
              </span>
              <span className="event-flags">
                {word !== undefined && event.outcome !== "success" && (
                  <Badge tone={word.tone} title={word.meaning}>
                    {word.label}
                  </Badge>
                )}
                {event.risk !== null && <Badge tone={RISK_TONES[event.risk] ?? "neutral"}>Risk {event.risk}</Badge>}
                {event.indicators.length > 0 && <Badge tone="danger">Indicator</Badge>}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
