/** The playbooks of an incident: what fits it, what runs, and what is asked next. Loaded when the tab is opened. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import type { IncidentDetail, RunView, SuggestedPlaybook } from "@firebreak/protocol";
import { guidanceQuery, playbooksQuery, runPlaybookQuery } from "../../api/playbook-queries.ts";
import { Loaded } from "../../components/page.tsx";
import { useRefusal } from "../../hooks/use-me.ts";
import { playbookPath, runPath } from "../../navigation.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { StartDialog } from "../playbooks/start-dialog.tsx";
import { Tasks } from "./tasks.tsx";
import { hasEnded, verdictOf } from "./words.ts";

function Suggestion({ suggested, incident }: { suggested: SuggestedPlaybook; incident: IncidentDetail }) {
  const [isStarting, setStarting] = useState(false);
  const library = useQuery(playbooksQuery);
  const refusal = useRefusal("responder");
  const playbook = library.data?.items.find(({ id }) => id === suggested.id);
  const running = incident.runs.some((run) => run.playbookId === suggested.id && !hasEnded(run));
  return (
    <li className="row act-row">
      <div className="agent-main">
        <Link href={playbookPath(suggested.id)} className="row-title">
          {suggested.title}
        </Link>
        <p className="row-sub wrap-anywhere">{suggested.why}</p>
      </div>
      <Button
        icon="play"
        disabledReason={refusal ?? (playbook === undefined ? "It is not loaded." : running ? "It runs already." : null)}
        onClick={() => setStarting(true)}
      >
        Start…
      </Button>
      {isStarting && playbook !== undefined && (
        <StartDialog
          playbook={playbook}
          incidentId={incident.id}
          known={suggested.inputs}
          onClose={() => setStarting(false)}
        />
      )}
    </li>
  );
}

function Suggestions({ incident }: { readonly incident: IncidentDetail }) {
  const query = useQuery(guidanceQuery(incident.id));
  return (
    <Panel title="Playbooks that fit" icon="book">
      <Loaded query={query} rows={2}>
        {({ playbooks }) =>
          playbooks.length === 0 ? (
            <Empty title="None is bound to this kind of incident">
              Any can be started from <Link href="/playbooks">Playbooks</Link>.
            </Empty>
          ) : (
            <ul className="rows">
              {playbooks.map((suggested) => (
                <Suggestion key={suggested.id} suggested={suggested} incident={incident} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

/** An open run: how it stands, and the forms of the steps that wait for people. */
function OpenRun({ run }: { readonly run: RunView }) {
  const { data: playbook = null } = useQuery(runPlaybookQuery(run.id));
  const { tone, title, text } = verdictOf(run);
  return (
    <>
      <div className={`verdict tone-${tone}`}>
        <Icon name="play" size={18} />
        <div className="verdict-text">
          <p className="verdict-title">
            <Link href={runPath(run.id)}>{run.playbookTitle}</Link>: {title}
          </p>
          <p className="wrap-anywhere">{text}</p>
        </div>
      </div>
      <Tasks run={run} playbook={playbook} />
    </>
  );
}

export default function IncidentRuns({ incident }: { readonly incident: IncidentDetail }) {
  return (
    <>
      <Suggestions incident={incident} />
      {incident.runs
        .filter((run) => !hasEnded(run))
        .map((run) => (
          <OpenRun key={run.id} run={run} />
        ))}
    </>
  );
}
