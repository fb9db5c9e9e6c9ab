import type { AuditLogView } from "@firebreak/protocol";
import { Ago, StateBadge } from "../../components/bits.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { Trouble } from "./trouble.tsx";
import { type Witness, witnessWord } from "./words.ts";

const EXAMPLE = `# profile.yaml
audit:
  witnesses:
    - { key: "NAME+ID+BASE64", url: "https://witness.example/w1" }
  witnessesRequired: 1`;

function WitnessRow({ witness }: { readonly witness: Witness }) {
  const { name, url, cosignedAt, size } = witness;
  return (
    <li className="row log-row" data-witness={name}>
      <p className="agent-name">
        <strong className="wrap-anywhere">{name}</strong>
        <StateBadge word={witnessWord(witness)} />
      </p>
      <p className="row-sub">
        <span>{url ?? "brings its cosignatures itself"}</span>
        {cosignedAt === null ? (
          <span>never cosigned</span>
        ) : (
          <span>
            last cosigned <Ago at={cosignedAt} />
          </span>
        )}
        {cosignedAt !== null && <span>{count(size, "entry", "entries")}</span>}
      </p>
      <Trouble of={witness} />
    </li>
  );
}

function Together({ required, size, witnesses }: NonNullable<AuditLogView["witnessed"]>) {
  const asked = `${required} of ${witnesses.length} must cosign the same checkpoint`;
  return (
    <p className="panel-body muted">
      {size === 0
        ? `${asked}; that did not happen yet.`
        : `${asked}: done for the first ${count(size, "entry", "entries")}.`}
    </p>
  );
}

/** Who says that the log only ever grew. */
export function Witnesses({ witnessed }: { readonly witnessed: AuditLogView["witnessed"] }) {
  return (
    <Panel title="Witnesses" icon="person">
      {witnessed === null ? (
        <Empty title="No witness vouches for this log" command={EXAMPLE}>
          A witness is somebody else’s small server: it signs a checkpoint only after a proof that it goes on from the
          one before, and sees no entry. Tell its operator this log’s name and key, and write its key into the profile.
        </Empty>
      ) : (
        <>
          <Together {...witnessed} />
          <ul className="rows rows-after">
            {witnessed.witnesses.map((witness) => (
              <WitnessRow key={witness.name} witness={witness} />
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
