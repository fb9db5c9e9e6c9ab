import { useMutation } from "@tanstack/react-query";
import { proveEntry } from "../api/audit-queries.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/layout.tsx";
import { ProblemNotice } from "./bits.tsx";
import { LongText } from "./long-text.tsx";

/** The place of an act or an event in the audit log, as a third party can check it. */
export function LogProof({ of, seq }: { readonly of: "act" | "event"; readonly seq: number }) {
  const refusal = useRefusal("admin");
  const proof = useMutation({ mutationFn: () => proveEntry({ [of]: seq }) });
  return (
    <>
      <Button icon="shield" busy={proof.isPending} disabledReason={refusal} onClick={() => proof.mutate()}>
        Prove it is in the log
      </Button>
      <ProblemNotice error={proof.error} />
      {proof.data && (
        <Notice tone="ok" title={`Entry ${proof.data.index} of the log`}>
          <p>
            The server proved it against its signed checkpoint. To check it without trusting the server:{" "}
            <code>
              firebreak audit prove --{of} {seq}
            </code>
          </p>
          <LongText text={proof.data.proof} label="proof (C2SP tlog-proof)" />
        </Notice>
      )}
    </>
  );
}
