import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { INDICATOR_TYPES, type IndicatorView } from "@firebreak/protocol";
import { indicatorsQuery } from "../../api/indicator-queries.ts";
import { Ago } from "../../components/bits.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { useRefusal } from "../../hooks/use-me.ts";
import { showHidden } from "../../harmless.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/fields.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { AddForm } from "./add-form.tsx";
import { RemoveDialog } from "./remove-dialog.tsx";
import { Scans } from "./scans.tsx";
import { TYPE_NAMES } from "./words.ts";

const TYPES = [
  { value: "", label: "All types" },
  ...INDICATOR_TYPES.map((value) => ({ value, label: TYPE_NAMES[value] })),
];
const EXPORTS = [
  ["stix", "STIX 2.1"],
  ["csv", "CSV"],
  ["text", "Text"],
] as const;

function IndicatorRow({ indicator }: { readonly indicator: IndicatorView }) {
  const { type, value, source, effect, severity, description, confidence, tlp, expiresAt, createdBy } = indicator;
  const refusal = useRefusal("responder");
  const [removing, setRemoving] = useState(false);
  return (
    <li className="row act-row" data-row="">
      <div className="agent-main">
        <p className="agent-name">
          <code className="wrap-anywhere">{showHidden(value)}</code>
          {effect === "allow" && (
            <Badge
              tone="neutral"
              icon="deny"
              title="On the list of exceptions: it is not reported, whatever lists say. It may be harmless or not."
            >
              Exception, not reported
            </Badge>
          )}
        </p>
        <p className="row-sub">
          <span>{TYPE_NAMES[type]}</span>
          <span className="wrap-anywhere">from {source}</span>
          {effect === "match" && <span>severity {severity}</span>}
          {confidence !== null && <span>{confidence} % sure</span>}
          {tlp !== null && <span>TLP:{tlp.toUpperCase()}</span>}
          <span>
            {expiresAt === null ? (
              "never expires"
            ) : (
              <>
                expires <Ago at={expiresAt} />
              </>
            )}
          </span>
          <span>added by {createdBy}</span>
        </p>
        {description !== null && <p className="row-sub wrap-anywhere">{showHidden(description)}</p>}
      </div>
      <Button disabledReason={refusal} onClick={() => setRemoving(true)}>
        Remove…
      </Button>
      {removing && <RemoveDialog indicator={indicator} onClose={() => setRemoving(false)} />}
    </li>
  );
}

function IndicatorList() {
  const [type, setType] = useState("");
  const [value, setValue] = useState("");
  const chosen = INDICATOR_TYPES.find((one) => one === type);
  const query = useQuery(indicatorsQuery({ type: chosen, value: value.trim() === "" ? undefined : value.trim() }));
  return (
    <Panel title="The list" icon="rules">
      <div className="form try-form form-pair">
        <SelectField label="Type" value={type} options={TYPES} onChange={setType} />
        <TextField
          label="Exactly this value"
          value={value}
          maxLength={2048}
          onChange={(event) => setValue(event.target.value)}
        />
      </div>
      <Loaded query={query}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No indicator is here" command="firebreak indicators import feed.txt --source feed">
              Addresses, names and hashes that others saw in attacks are reported when an event has to do with one. Add
              some here, or a list from the command line:
            </Empty>
          ) : (
            <>
              <ul className="rows">
                {items.map((indicator) => (
                  <IndicatorRow key={indicator.id} indicator={indicator} />
                ))}
              </ul>
              {next !== null && (
                <p className="muted">The newest {items.length} are shown; filter, or export them all.</p>
              )}
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Exports() {
  const refusal = useRefusal("responder");
  if (refusal !== null) return null;
  return (
    <>
      {EXPORTS.map(([format, label]) => (
        <a key={format} className="button button-plain" href={`/api/v1/indicators/export?format=${format}`} download>
          Export {label}
        </a>
      ))}
    </>
  );
}

export function IndicatorsPage() {
  return (
    <Page
      title="Indicators"
      lead="Addresses, names and hashes of attacks. Every event is compared with them when it arrives, and what is new on the list is looked for in the past."
      actions={<Exports />}
    >
      <IndicatorList />
      <AddForm />
      <Scans />
    </Page>
  );
}
