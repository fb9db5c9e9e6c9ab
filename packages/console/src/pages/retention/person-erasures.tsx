import { Fragment } from "react";
import { useQuery } from "@tanstack/react-query";
import type { PersonErasure } from "@firebreak/protocol";
import { personErasuresQuery } from "../../api/queries.ts";
import { ActorName, Ago } from "../../components/bits.tsx";
import { Loaded } from "../../components/page.tsx";
import { useCommands } from "../../hooks/use-commands.ts";
import { useDialogs } from "../../hooks/use-dialogs.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";

const STATES = {
  searching: { label: "Being looked for", tone: "neutral" },
  found: { label: "Found", tone: "warn" },
  asked: { label: "Approval asked", tone: "warn" },
  erasing: { label: "Being erased", tone: "warn" },
  done: { label: "Erased", tone: "ok" },
  withdrawn: { label: "Given up", tone: "neutral" },
} as const satisfies Record<PersonErasure["state"], { label: string; tone: string }>;

function Stores({ erasure: { stores, state } }: { readonly erasure: PersonErasure }) {
  if (stores.length === 0) return null;
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="What was found">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">{state === "done" ? "Left" : "Found"}</th>
            <th scope="col">Erased</th>
            <th scope="col">Stays</th>
          </tr>
        </thead>
        <tbody>
          {stores.map((one) => (
            <Fragment key={one.store}>
              <tr>
                <th scope="row">{one.store}</th>
                <td>{one.matches.toLocaleString("en")}</td>
                <td>{one.erased.toLocaleString("en")}</td>
                <td>{one.stay.toLocaleString("en")}</td>
              </tr>
              {one.why.length > 0 && (
                <tr>
                  <td colSpan={4} className="wrap-anywhere">
                    Why they stay: {one.why.join("; ")}
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ErasureRow({ erasure }: { readonly erasure: PersonErasure }) {
  const open = useDialogs();
  const { state, terms } = erasure;
  const isOpen = state === "searching" || state === "found" || state === "asked";
  return (
    <li data-person-erasure={erasure.id}>
      <div className="row act-row" data-row="">
        <div className="agent-main">
          <p className="agent-name">
            <strong className="wrap-anywhere">{erasure.reason}</strong>
            {terms !== null && (
              <span className="muted wrap-anywhere">{[...terms.values, ...terms.patterns].join(", ")}</span>
            )}
          </p>
          <p className="row-sub">
            <span>
              <ActorName actor={erasure.requestedBy} /> <Ago at={erasure.requestedAt} />
            </span>
            {erasure.problem !== null && <span className="wrap-anywhere">{erasure.problem}</span>}
          </p>
        </div>
        <Badge tone={STATES[state].tone}>{STATES[state].label}</Badge>
        {state === "found" && <Button onClick={() => open({ kind: "erase-person", erasure })}>Erase…</Button>}
        {isOpen && <Button onClick={() => open({ kind: "withdraw-erasure", erasure })}>Give up…</Button>}
      </div>
      <Stores erasure={erasure} />
    </li>
  );
}

/** Wishes to be forgotten: what was found, what was erased, what stays. For administrators. */
export function PersonErasures() {
  const refusal = useRefusal("admin");
  const open = useDialogs();
  const find = () => open({ kind: "find-person" });
  useCommands([
    {
      id: "find-person",
      title: "Look for a person, to erase what is kept…",
      group: "Retention",
      keywords: "gdpr privacy forget erasure article 17",
      disabledReason: refusal,
      run: find,
    },
  ]);
  return (
    <Panel
      title="Erasures of persons"
      icon="person"
      aside={
        <Button disabledReason={refusal} onClick={find}>
          Look for…
        </Button>
      }
    >
      {refusal === null ? (
        <Erasures />
      ) : (
        <Empty title="For administrators">What is looked for is personal data itself.</Empty>
      )}
    </Panel>
  );
}

function Erasures() {
  const erasures = useQuery({ ...personErasuresQuery, refetchInterval: 5_000 });
  return (
    <Loaded query={erasures} rows={1}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nobody asked to be forgotten">
            Look for a person by e-mail address, name or user id. What is found is shown first; it is erased when a
            second person approves.
          </Empty>
        ) : (
          <ul className="rows">
            {items.map((erasure) => (
              <ErasureRow key={erasure.id} erasure={erasure} />
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}
