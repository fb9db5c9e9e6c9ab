import { groupHolds } from "@firebreak/protocol";
import type { Hold } from "@firebreak/protocol";
import { Link } from "wouter";
import { useDialogs } from "../hooks/use-dialogs.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { incidentPath } from "../navigation.ts";
import { Button } from "../ui/button.tsx";
import { ActorName, Ago, holdSentence, LevelBadge } from "./bits.tsx";

/** Active stops, each with what it covers, who placed it and why, and the way to lift it. */
export function HoldList({ holds }: { readonly holds: readonly Hold[] }) {
  const open = useDialogs();
  const refusal = useRefusal("commander");
  return (
    <ul className="rows">
      {groupHolds(holds).map(([hold, ...milder]) => (
        <li key={hold.id} className="row hold-row">
          <div className="hold-main">
            <p className="hold-title">
              <LevelBadge level={hold.level} />
              <strong className="wrap-anywhere">{holdSentence(hold)}</strong>
            </p>
            <p className="hold-reason">{hold.reason}</p>
            {milder.length > 0 && (
              <p className="row-sub">
                One stop with its milder {milder.length === 1 ? "hold" : "holds"}; resumed as one
              </p>
            )}
            <p className="row-sub">
              <span>
                by <ActorName actor={hold.actor} />
              </span>
              <Ago at={hold.at} />
              {hold.expiresAt && (
                <span>
                  ends <Ago at={hold.expiresAt} />
                </span>
              )}
              {hold.incidentId && <Link href={incidentPath(hold.incidentId)}>{hold.incidentId}</Link>}
            </p>
          </div>
          <Button icon="play" data-row="" disabledReason={refusal} onClick={() => open({ kind: "resume", hold })}>
            Resume…
          </Button>
        </li>
      ))}
    </ul>
  );
}
