import { useState } from "react";
import type { Role } from "@firebreak/protocol";
import { useAct } from "../hooks/use-act.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { TextArea } from "../ui/fields.tsx";
import { FormDialog, tooShort } from "./dialogs.tsx";

interface ReasonDialogProps {
  readonly title: string;
  readonly description: string;
  readonly action: string;
  readonly done: string;
  /** who may; a responder unless it is said otherwise */
  readonly role?: Role;
  /** which cached answers the act makes stale */
  readonly stale: readonly string[];
  readonly send: (reason: string) => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks why, and then does it. */
export function ReasonDialog({ title, description, action, done, role, stale, send, onClose }: ReasonDialogProps) {
  const [reason, setReason] = useState("");
  const refusal = useRefusal(role ?? "responder");
  const act = useAct(() => send(reason.trim()), { stale, done, onDone: onClose });
  return (
    <FormDialog
      title={title}
      description={description}
      action={action}
      refusal={refusal ?? tooShort(reason, "a reason")}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => act.mutate()}
    >
      <TextArea label="Why" rows={2} value={reason} onChange={(event) => setReason(event.target.value)} />
    </FormDialog>
  );
}
