import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Role, ROLES, type TokenView } from "@firebreak/protocol";
import { createToken, revokeToken, setPassword } from "../api/commands.ts";
import { tokensQuery, usersQuery } from "../api/queries.ts";
import { Ago, ProblemNotice } from "../components/bits.tsx";
import { FormDialog } from "../components/dialogs.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { useAct } from "../hooks/use-act.ts";
import { useMe, useRefusal } from "../hooks/use-me.ts";
import { setSingleKeys, singleKeysOn, THEMES, useTheme } from "../hooks/use-stored.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Choices, SelectField, TextField } from "../ui/fields.tsx";
import { Empty, Facts, Notice, Panel } from "../ui/layout.tsx";
import { notify } from "../ui/toast.tsx";
import { Changes, Refusals, Senders } from "./senders.tsx";
import { PASSWORD_CHARACTERS_MIN } from "./sign-in.tsx";

function Me() {
  const me = useMe();
  return (
    <Panel title="You" icon="person">
      <div className="panel-body">
        <Facts
          facts={[
            { label: "Name", value: me.actor.name },
            { label: "Role", value: me.access },
            { label: "Profile", value: me.profile },
            { label: "Firebreak", value: me.version },
          ]}
        />
        <PasswordForm />
      </div>
    </Panel>
  );
}

function PasswordForm() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const act = useAct(() => setPassword(next, current), {
    stale: [],
    done: "Password changed",
    onDone: () => {
      setCurrent("");
      setNext("");
    },
  });
  const missing =
    current === ""
      ? "Enter the current password."
      : next.length < PASSWORD_CHARACTERS_MIN
        ? `Use at least ${PASSWORD_CHARACTERS_MIN} characters.`
        : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (missing === null && !act.isPending) act.mutate();
  };
  return (
    <form className="form form-inline" onSubmit={submit}>
      <TextField
        label="Current password"
        type="password"
        autoComplete="current-password"
        value={current}
        onChange={(event) => setCurrent(event.target.value)}
      />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        value={next}
        onChange={(event) => setNext(event.target.value)}
      />
      <Button type="submit" busy={act.isPending} disabledReason={missing}>
        Change password
      </Button>
      <ProblemNotice error={act.error} />
    </form>
  );
}

const THEME_LABELS = { system: "As the system", light: "Light", dark: "Dark" } as const;

function Looks() {
  const [theme, setTheme] = useTheme();
  const [keys, setKeys] = useState(singleKeysOn);
  const changeKeys = (on: boolean) => {
    setSingleKeys(on);
    setKeys(on);
  };
  return (
    <Panel title="This browser" icon="system">
      <div className="panel-body form">
        <Choices
          label="Theme"
          name="theme"
          value={theme}
          choices={THEMES.map((value) => ({ value, label: THEME_LABELS[value] }))}
          onChange={(value) => setTheme(THEMES.find((candidate) => candidate === value) ?? "system")}
        />
        <label className="check">
          <input type="checkbox" checked={keys} onChange={(event) => changeKeys(event.target.checked)} />
          <span>Shortcuts of single keys (j, k, g i, …). Ctrl-K works either way.</span>
        </label>
      </div>
    </Panel>
  );
}

function tokenState(token: TokenView) {
  if (token.revokedAt !== null) return <Badge tone="neutral">Revoked</Badge>;
  return <Badge tone="ok">Valid</Badge>;
}

function RevokeDialog({ token, onClose }: { readonly token: TokenView; readonly onClose: () => void }) {
  const revoke = useAct(() => revokeToken(token.id), {
    stale: ["tokens"],
    done: `Token ${token.name} is revoked`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Revoke ${token.name}?`}
      description={
        <>
          Whoever uses it (as {token.access}) is refused from the next request on; it cannot be brought back.{" "}
          {token.lastUsedAt === null ? (
            "It was never used."
          ) : (
            <>
              It was last used <Ago at={token.lastUsedAt} />.
            </>
          )}
        </>
      }
      action="Revoke"
      kind="danger"
      refusal={null}
      busy={revoke.isPending}
      error={revoke.error}
      onClose={onClose}
      onSubmit={() => revoke.mutate()}
    />
  );
}

function TokenRow({ token }: { readonly token: TokenView }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <li className="row agent-row">
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">{token.name}</strong>
          <span className="muted">{token.access}</span>
        </p>
        <p className="row-sub">
          <span>
            made <Ago at={token.createdAt} />
          </span>
          <span>
            {token.lastUsedAt ? (
              <>
                used <Ago at={token.lastUsedAt} />
              </>
            ) : (
              "never used"
            )}
          </span>
          <span>
            {token.expiresAt ? (
              <>
                expires <Ago at={token.expiresAt} />
              </>
            ) : (
              "does not expire"
            )}
          </span>
        </p>
      </div>
      {tokenState(token)}
      <Button
        disabledReason={token.revokedAt === null ? null : "It is revoked already."}
        onClick={() => setAsked(true)}
      >
        Revoke…
      </Button>
      {isAsked && <RevokeDialog token={token} onClose={() => setAsked(false)} />}
    </li>
  );
}

const ACCESS = [...ROLES, "agent"] as const;

function NewToken() {
  const [name, setName] = useState("");
  const [access, setAccess] = useState<Role | "agent">("viewer");
  const [agentId, setAgentId] = useState("");
  const [days, setDays] = useState("90");
  const [secret, setSecret] = useState<string | null>(null);
  const act = useAct(createToken, { stale: ["tokens"], onDone: (made) => setSecret(made.token) });
  const forAgent = access === "agent";
  const missing =
    name.trim() === ""
      ? "Give it a name."
      : forAgent && agentId.trim() === ""
        ? "Say which agent it speaks for."
        : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (missing !== null || act.isPending) return;
    const agent = forAgent ? { agentId: agentId.trim() } : {};
    const expiry = days === "" ? {} : { expiresInDays: Number(days) };
    act.mutate({ name: name.trim(), access, ...agent, ...expiry });
  };
  return (
    <form className="form form-inline" onSubmit={submit}>
      <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} />
      <SelectField
        label="May act as"
        value={access}
        options={ACCESS.map((value) => ({ value, label: value }))}
        onChange={(text) => setAccess(ACCESS.find((value) => value === text) ?? access)}
      />
      {forAgent && (
        <TextField
          label="Agent"
          value={agentId}
          autoCapitalize="off"
          onChange={(event) => setAgentId(event.target.value)}
        />
      )}
      <TextField
        label="Days it is valid"
        type="number"
        min={1}
        max={3650}
        value={days}
        onChange={(event) => setDays(event.target.value)}
      />
      <Button type="submit" icon="key" busy={act.isPending} disabledReason={missing}>
        Make a token
      </Button>
      <ProblemNotice error={act.error} />
      {secret !== null && <SecretDialog secret={secret} onClose={() => setSecret(null)} />}
    </form>
  );
}

function SecretDialog({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) {
  const copy = () => {
    navigator.clipboard.writeText(secret).then(
      () => notify("done", "Copied"),
      () => notify("fault", "It could not be copied", "Select the text and copy it by hand."),
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="The token, shown once"
      description="Firebreak keeps only a hash of it. Put it where its user reads it, then close this."
    >
      <pre className="command">{secret}</pre>
      <div className="form-actions">
        <Button icon="copy" onClick={copy}>
          Copy
        </Button>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

function Tokens() {
  const query = useQuery(tokensQuery);
  return (
    <Panel title="API tokens" icon="key">
      <div className="panel-body">
        <NewToken />
      </div>
      <Loaded query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="No token yet">A token lets a program use the API with the rights you give it.</Empty>
          ) : (
            <ul className="rows">
              {page.items.map((token) => (
                <TokenRow key={token.id} token={token} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Users() {
  const query = useQuery(usersQuery);
  return (
    <Panel title="People" icon="person">
      <Loaded query={query}>
        {(page) => (
          <ul className="rows">
            {page.items.map((user) => (
              <li key={user.id} className="row agent-row">
                <p className="agent-name agent-main">
                  <strong className="wrap-anywhere">{user.name}</strong>
                  <span className="muted">{user.role}</span>
                </p>
                {user.disabledAt === null ? (
                  <Badge tone="ok">May sign in</Badge>
                ) : (
                  <Badge tone="neutral">Disabled</Badge>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

export default function SettingsPage() {
  const refusal = useRefusal("admin");
  return (
    <Page title="Settings">
      <div className="stack">
        <Me />
        <Looks />
        {refusal === null ? (
          <>
            <Tokens />
            <Senders />
            <Refusals />
            <Changes />
            <Users />
          </>
        ) : (
          <Notice tone="info" title="Tokens, senders and people are for admins">
            <p>{refusal}</p>
          </Notice>
        )}
      </div>
    </Page>
  );
}
