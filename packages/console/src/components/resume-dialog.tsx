import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { holdsOfSameStop } from "@firebreak/protocol";
import type { Hold, KillswitchView, ResumeNeeds, ResumeReceipt } from "@firebreak/protocol";
import { Link } from "wouter";
import { resumeHold } from "../api/commands.ts";
import { killswitchQuery } from "../api/queries.ts";
import { useAct } from "../hooks/use-act.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Checklist, TextArea } from "../ui/fields.tsx";
import { Notice } from "../ui/layout.tsx";
import { count, LEVEL_WORDS, sayName } from "../words.ts";
import { ActorName, Ago, holdSentence } from "./bits.tsx";
import { FormDialog, tooShort } from "./dialogs.tsx";

interface ResumeDialogProps {
  readonly hold: Hold;
  readonly onClose: () => void;
}

const RESUME_EFFECT = {
  deny: "New calls are allowed again.",
  freeze: "New calls are allowed again, and what is frozen continues where it stood, unless another hold covers it.",
  kill: "New calls and new starts are allowed again. What was killed does not come back by itself.",
} as const;

/** @returns what resuming the stop of this hold takes */
export function needsOf(view: KillswitchView | undefined, hold: Hold): ResumeNeeds | undefined {
  const stop = holdsOfSameStop(hold, view?.holds ?? []);
  return view?.resumes.find((needs) => stop.some((one) => one.id === needs.holdId));
}

export function ResumeDialog({ hold, onClose }: ResumeDialogProps) {
  const [reason, setReason] = useState("");
  const [checked, setChecked] = useState<string[]>([]);
  const [receipt, setReceipt] = useState<ResumeReceipt | null>(null);
  const needs = needsOf(useQuery(killswitchQuery).data, hold);
  const refusal = useRefusal("commander");
  const act = useAct(() => resumeHold(hold.id, reason.trim(), checked), { onDone: setReceipt });
  if (receipt !== null) return <Resumed receipt={receipt} onClose={onClose} />;
  const lines = needs?.checklist ?? [];
  const unchecked = lines.some((line) => !checked.includes(line)) ? "Check every line first." : null;
  return (
    <FormDialog
      title={`Resume ${holdSentence(hold).toLowerCase()}`}
      description={
        <>
          Lifts the {LEVEL_WORDS[hold.level].label.toLowerCase()} that <ActorName actor={hold.actor} /> placed{" "}
          <Ago at={hold.at} />: “{hold.reason}”. {RESUME_EFFECT[hold.level]}
        </>
      }
      action={actionOf(needs)}
      refusal={refusal ?? unchecked ?? tooShort(reason, "a reason")}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    >
      {needs?.why && <TwoPersons needs={needs} />}
      {lines.length > 0 && <Checklist label="Checked" lines={lines} checked={checked} onChange={setChecked} />}
      <TextArea
        label="Reason"
        rows={2}
        value={reason}
        hint="Why it is safe now; it goes on the record."
        onChange={(event) => setReason(event.target.value)}
      />
    </FormDialog>
  );
}

function actionOf(needs: ResumeNeeds | undefined): string {
  if (needs === undefined || needs.persons === 1) return "Resume";
  return needs.approvalId === null ? "Ask the second person" : "I agree: resume";
}

function TwoPersons({ needs }: { readonly needs: ResumeNeeds }) {
  if (needs.persons === 1) {
    return (
      <Notice tone="warn" title="This takes two persons, and you are the only one who could">
        <p>Because {needs.why}. You can resume it alone; that goes on the record.</p>
      </Notice>
    );
  }
  if (needs.approvalId !== null) {
    return (
      <Notice tone="info" title="It was asked for; a second person decides">
        <p>
          See <Link href="/approvals">who asked and why</Link>. Who asked cannot agree too.
        </p>
      </Notice>
    );
  }
  return (
    <Notice tone="info" title="This takes a second person">
      <p>Because {needs.why}. Nothing runs again before somebody else with the role commander agrees.</p>
    </Notice>
  );
}

function Resumed({ receipt, onClose }: { readonly receipt: ResumeReceipt; readonly onClose: () => void }) {
  const isWaiting = receipt.approval !== null;
  return (
    <Dialog open onClose={onClose} title={isWaiting ? "Waits for a second person" : "Hold lifted"}>
      {isWaiting ? (
        <Notice tone="info" title="Still stopped">
          <p>
            Another commander has to agree under <Link href="/approvals">Approvals</Link>, or with{" "}
            <code>firebreak approvals approve {receipt.approval?.id}</code>.
          </p>
        </Notice>
      ) : (
        <Continued receipt={receipt} />
      )}
      <div className="form-actions">
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

function Continued({ receipt }: { readonly receipt: ResumeReceipt }) {
  const amount = receipt.resumed.length;
  return (
    <Notice tone="ok" title={amount === 0 ? "No session had to be continued" : `${count(amount, "session")} continued`}>
      <ul className="plain-list">
        {receipt.resumed.map((session) => (
          <li key={session.sessionId} className="wrap-anywhere">
            <strong>{session.agentId}</strong> {sayName(session.state).toLowerCase()} <code>{session.sessionId}</code>
          </li>
        ))}
      </ul>
    </Notice>
  );
}
