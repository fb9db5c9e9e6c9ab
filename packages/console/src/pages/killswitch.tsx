import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { KillswitchView } from "@firebreak/protocol";
import { HOLD_SCOPES } from "@firebreak/protocol";
import { killswitchQuery } from "../api/queries.ts";
import { ActorName, Ago, At, holdSentence, LevelBadge } from "../components/bits.tsx";
import { Restores } from "../components/restores.tsx";
import { Receipts } from "../components/receipts.tsx";
import { HoldList } from "../components/hold-list.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { StopForm } from "../components/stop-form.tsx";
import { Badge } from "../ui/badge.tsx";
import { Empty, Notice, Panel } from "../ui/layout.tsx";
import { count } from "../words.ts";

function History({ history }: { readonly history: KillswitchView["history"] }) {
  if (history.length === 0) return <Empty title="Nothing was ever stopped" />;
  return (
    <ul className="rows">
      {history.map((hold) => (
        <li key={hold.id} className="row history-row">
          <p className="hold-title">
            <LevelBadge level={hold.level} />
            <strong className="wrap-anywhere">{holdSentence(hold)}</strong>
            {hold.releasedAt === null ? <Badge tone="hold">In force</Badge> : <Badge tone="ok">Resumed</Badge>}
          </p>
          <p className="hold-reason">
            <At at={hold.at} /> · <ActorName actor={hold.actor} />: {hold.reason}
          </p>
          {hold.releasedAt !== null && (
            <p className="hold-reason">
              <At at={hold.releasedAt} /> · {hold.releasedBy ? <ActorName actor={hold.releasedBy} /> : "unknown"}:{" "}
              {hold.releaseReason ?? "no reason given"}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The self-test: whether stops work on this machine, before one is needed. */
function Canary({ canary }: { readonly canary: KillswitchView["canary"] }) {
  const { state, at, freezeMs, killMs, problem, everySeconds } = canary;
  if (state === "off") return <Notice tone="warn" title="The self-test of the kill switch is turned off" />;
  if (state === "waiting") return <Notice tone="info" title="The self-test of the kill switch has not run yet" />;
  if (state === "failing") {
    return (
      <Notice tone="danger" title="The kill switch did not stop its test agent">
        <p>{problem}. Stops of real agents may fail the same way.</p>
        {at && (
          <p>
            <Ago at={at} />, tried again every {everySeconds} s
          </p>
        )}
      </Notice>
    );
  }
  return (
    <Notice tone="ok" title="Stops work: the test agent was frozen, resumed and killed with proof">
      <p>
        Frozen in {freezeMs} ms, killed in {killMs} ms
        {at && (
          <>
            , <Ago at={at} />
          </>
        )}
        ; again every {everySeconds} s.
      </p>
    </Notice>
  );
}

function View({ view }: { readonly view: KillswitchView }) {
  const newest = view.history[0];
  return (
    <>
      {!view.journalHealthy && (
        <Notice tone="danger" title="The stop journal cannot be read, so every gate denies">
          <p>
            That is deliberate: unknown means stopped. Run <code>firebreak doctor</code> on the server to see what is
            wrong with it.
          </p>
        </Notice>
      )}
      <Canary canary={view.canary} />
      <Panel title="In force" icon="stop" tone="hold" aside={<span className="muted">epoch {view.epoch}</span>}>
        {view.holds.length === 0 ? (
          <Empty title="Nothing is stopped">
            {newest ? (
              <>
                The last stop was <Ago at={newest.at} />.
              </>
            ) : (
              "A stop placed here, by the CLI or by a playbook will stand here."
            )}
          </Empty>
        ) : (
          <HoldList holds={view.holds} />
        )}
      </Panel>
      <Restores restores={view.restores} />
      <Receipts />
      <Panel title="History" icon="clock" aside={<span className="muted">{count(view.history.length, "stop")}</span>}>
        <History history={view.history} />
      </Panel>
    </>
  );
}

export function KillswitchPage() {
  const query = useQuery(killswitchQuery);
  const [params] = useSearchParams();
  const scope = HOLD_SCOPES.find((candidate) => candidate === params.get("scope"));
  const target = params.get("target");
  return (
    <Page title="Kill switch" lead="Stops are proved, target by target.">
      <div className="split">
        <Panel title="Stop" icon="stop" tone="danger">
          <StopForm {...(scope ? { scope } : {})} {...(target ? { target } : {})} />
        </Panel>
        <div className="stack">
          <Loaded query={query}>{(view) => <View view={view} />}</Loaded>
        </div>
      </div>
    </Page>
  );
}
