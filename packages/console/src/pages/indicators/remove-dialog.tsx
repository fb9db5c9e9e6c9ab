import { useQuery } from "@tanstack/react-query";
import type { IndicatorRemovalPreview, IndicatorView } from "@firebreak/protocol";
import { removalQuery, removeIndicator } from "../../api/indicator-queries.ts";
import { Ago } from "../../components/bits.tsx";
import { FormDialog } from "../../components/dialogs.tsx";
import { Loaded } from "../../components/page.tsx";
import { showHidden } from "../../harmless.ts";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Notice } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { TYPE_NAMES } from "./words.ts";

/** What it would touch: what the indicator told until now, or what its exception keeps silent. */
function Preview({ preview }: { readonly preview: IndicatorRemovalPreview }) {
  const { indicator, alerts, openAlerts, lastMetAt, reportedAgain, reportedAgainTotal } = preview;
  if (indicator.effect === "allow") {
    return (
      <Notice
        tone={reportedAgainTotal > 0 ? "warn" : "info"}
        title={`${count(reportedAgainTotal, "listed indicator")} may be reported again`}
      >
        <ul className="plain-list">
          {reportedAgain.map((one) => (
            <li key={one.id} className="wrap-anywhere">
              {TYPE_NAMES[one.type]} <code>{showHidden(one.value)}</code>, from {one.source}, severity {one.severity}
            </li>
          ))}
        </ul>
        {reportedAgainTotal > reportedAgain.length && <p>and {reportedAgainTotal - reportedAgain.length} more</p>}
      </Notice>
    );
  }
  return (
    <Notice tone={alerts > 0 ? "warn" : "info"} title="Events that have to do with it are not reported any more">
      {lastMetAt === null ? (
        <p>It was never met in an event until now.</p>
      ) : (
        <p>
          Last met <Ago at={lastMetAt} />. Its {count(alerts, "alert")} {alerts === 1 ? "stays" : "stay"}, {openAlerts}{" "}
          of them open.
        </p>
      )}
    </Notice>
  );
}

interface RemoveDialogProps {
  readonly indicator: IndicatorView;
  readonly onClose: () => void;
}

export function RemoveDialog({ indicator: { id, value, effect, source }, onClose }: RemoveDialogProps) {
  const preview = useQuery(removalQuery(id));
  const refusal = useRefusal("responder");
  const shown = showHidden(value);
  const act = useAct(() => removeIndicator(id), {
    stale: ["indicators"],
    done: `${shown} is off the list`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={effect === "allow" ? "Remove this exception?" : "Remove this indicator?"}
      description={
        <span className="wrap-anywhere">
          <code>{shown}</code> of {source}. A list that names it may bring it back.
        </span>
      }
      action="Remove"
      kind="danger"
      refusal={refusal ?? (preview.data === undefined ? "What it would touch is shown first." : null)}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    >
      <Loaded query={preview} rows={2}>
        {(data) => <Preview preview={data} />}
      </Loaded>
    </FormDialog>
  );
}
