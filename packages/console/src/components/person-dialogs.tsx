import { useState } from "react";
import type { PersonErasure } from "@firebreak/protocol";
import { carryOutPersonErasure, findPerson, withdrawPersonErasure } from "../api/commands.ts";
import { useAct } from "../hooks/use-act.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Checklist, TextArea, TextField } from "../ui/fields.tsx";
import { notify } from "../ui/toast.tsx";
import { AloneCheck } from "./alone-check.tsx";
import { FormDialog, tooShort } from "./dialogs.tsx";
import { ReasonDialog } from "./reason-dialog.tsx";

const STALE = ["person-erasures", "retention", "retention-copies", "approvals"];

const ALSO = {
  evidence: "Also whole archives of evidence that hold some of it, with their copies",
  acts: "Also acts of the audit log that name the person",
} as const;

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export function FindPersonDialog({ onClose }: { readonly onClose: () => void }) {
  const [values, setValues] = useState("");
  const [pattern, setPattern] = useState("");
  const [checked, setChecked] = useState<string[]>([]);
  const [reason, setReason] = useState("");
  const refusal = useRefusal("admin");
  const act = useAct(findPerson, { stale: STALE, done: "It is looked for; nothing is changed", onDone: onClose });
  const wanted = linesOf(values);
  const missing =
    (wanted.length === 0 && pattern.trim() === "" ? "Name what to look for." : null) ??
    (wanted.some((value) => value.length < 3) ? "A value has three characters or more." : null) ??
    tooShort(reason, "a reason");
  return (
    <FormDialog
      title="Look for a person"
      description="Everything that is kept is looked through: events, the archive, records, originals, evidence and its copies. Nothing is changed before a second person approves."
      action="Look"
      refusal={refusal ?? missing}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() =>
        act.mutate({
          values: wanted,
          patterns: pattern.trim() === "" ? [] : [pattern.trim()],
          also: (["evidence", "acts"] as const).filter((kind) => checked.includes(ALSO[kind])),
          reason: reason.trim(),
        })
      }
    >
      <TextArea
        label="E-mail addresses, names, user ids: one a line"
        rows={3}
        value={values}
        onChange={(event) => setValues(event.target.value)}
      />
      <TextField
        label="Pattern (a regular expression of RE2), if there is one"
        value={pattern}
        maxLength={512}
        autoCapitalize="off"
        onChange={(event) => setPattern(event.target.value)}
      />
      <Checklist
        label="What is kept unless you say so"
        lines={Object.values(ALSO)}
        checked={checked}
        onChange={setChecked}
      />
      <TextArea label="Why" rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
    </FormDialog>
  );
}

interface ErasureProps {
  readonly erasure: PersonErasure;
  readonly onClose: () => void;
}

export function ErasePersonDialog({ erasure, onClose }: ErasureProps) {
  const [alone, setAlone] = useState(false);
  const refusal = useRefusal("admin");
  const act = useAct(() => carryOutPersonErasure(erasure.id, { alone }), {
    stale: STALE,
    onDone: ({ state }) => {
      if (state === "asked") notify("done", "Asked", "Nothing is erased until another person approves.");
      else notify("done", "The erasure has begun");
      onClose();
    },
  });
  return (
    <FormDialog
      title="Erase what was found"
      description="It cannot be taken back. A second person has to approve. What a legal hold is on stays, and is named."
      action="Ask for the erasure"
      refusal={refusal}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    >
      <AloneCheck act="erase" alone={alone} onChange={setAlone} />
    </FormDialog>
  );
}

export function WithdrawErasureDialog({ erasure, onClose }: ErasureProps) {
  return (
    <ReasonDialog
      title="Give this erasure up"
      description="Nothing is erased, and what was looked for is forgotten."
      action="Give up"
      done="It is given up"
      role="admin"
      stale={STALE}
      send={(reason) => withdrawPersonErasure(erasure.id, reason)}
      onClose={onClose}
    />
  );
}
