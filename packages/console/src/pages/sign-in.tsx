import { type FormEvent, useEffect, useRef, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import type { MeView } from "@firebreak/protocol";
import { setPassword, signIn, signInByLink } from "../api/commands.ts";
import { meQuery } from "../api/queries.ts";
import { ProblemNotice } from "../components/bits.tsx";
import { SignedOutFrame } from "../components/signed-out-frame.tsx";
import { useAct } from "../hooks/use-act.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/fields.tsx";
import { Loading, Notice } from "../ui/layout.tsx";

export const PASSWORD_CHARACTERS_MIN = 12;

/** The token of `/sign-in#link=…`: behind the hash, so that no server, log or referrer ever sees it. */
function readLinkToken(): string | null {
  return new URLSearchParams(window.location.hash.slice(1)).get("link");
}

function PasswordForm({ onSignedIn }: { readonly onSignedIn: (me: MeView) => void }) {
  const [name, setName] = useState("");
  const [password, setPasswordText] = useState("");
  const act = useAct(() => signIn(name.trim(), password), { stale: [], onDone: onSignedIn });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!act.isPending) act.mutate();
  };
  return (
    <form className="form" onSubmit={submit}>
      <TextField
        label="Name"
        name="username"
        autoComplete="username"
        autoCapitalize="off"
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPasswordText(event.target.value)}
      />
      <ProblemNotice error={act.error} />
      <Button type="submit" kind="primary" grow busy={act.isPending}>
        Sign in
      </Button>
      <p className="muted">
        No password yet? <code>firebreak up</code> prints a one-time link when it starts; an admin makes accounts for
        everybody else.
      </p>
    </form>
  );
}

function ByLink({
  token,
  onSignedIn,
  onFailed,
}: {
  readonly token: string;
  readonly onSignedIn: (me: MeView) => void;
  readonly onFailed: (error: unknown) => void;
}) {
  const used = useRef(false);
  useEffect(() => {
    // A link works once; a second mount must not spend it again.
    if (used.current) return;
    used.current = true;
    window.history.replaceState(null, "", "/sign-in");
    signInByLink(token).then(onSignedIn, onFailed);
  }, [token, onSignedIn, onFailed]);
  return <Loading rows={2} label="Signing in with the link" />;
}

function NewPassword({ me, onDone }: { readonly me: MeView; readonly onDone: () => void }) {
  const [password, setPasswordText] = useState("");
  const [again, setAgain] = useState("");
  const act = useAct(() => setPassword(password), { stale: [], onDone });
  const short =
    password.length < PASSWORD_CHARACTERS_MIN ? `Use at least ${PASSWORD_CHARACTERS_MIN} characters.` : null;
  const different = password === again ? null : "The two are not the same.";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (short === null && different === null && !act.isPending) act.mutate();
  };
  return (
    <form className="form" onSubmit={submit}>
      <p>
        You are signed in as <strong>{me.actor.name}</strong>. The link works only once, so choose a password for the
        next time.
      </p>
      <input type="text" name="username" autoComplete="username" value={me.actor.name} readOnly hidden />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        hint={`At least ${PASSWORD_CHARACTERS_MIN} characters; a sentence is good.`}
        value={password}
        onChange={(event) => setPasswordText(event.target.value)}
      />
      <TextField
        label="The same again"
        type="password"
        autoComplete="new-password"
        error={again !== "" ? different : null}
        value={again}
        onChange={(event) => setAgain(event.target.value)}
      />
      <ProblemNotice error={act.error} />
      <Button type="submit" kind="primary" grow busy={act.isPending} disabledReason={short ?? different}>
        Set the password
      </Button>
    </form>
  );
}

/** Sign-in by password or by one-time link, and the password that a link's owner still has to set. */
export function SignInPage({ me }: { readonly me: MeView | null }) {
  const [token] = useState(readLinkToken);
  const [spent, setSpent] = useState(false);
  const [linkFault, setLinkFault] = useState<unknown>(null);
  const [path, navigate] = useLocation();
  const queries = useQueryClient();
  const enter = (signedIn: MeView) => {
    // The question “who am I?” may still be on its way, with the answer from before.
    void queries.cancelQueries({ queryKey: meQuery.queryKey }).then(() => show(signedIn));
  };
  const show = (signedIn: MeView) => {
    setSpent(true);
    queries.setQueryData(meQuery.queryKey, signedIn);
    if (path === "/sign-in" && !signedIn.passwordNeeded) navigate("/", { replace: true });
  };
  const failed = (error: unknown) => {
    setSpent(true);
    setLinkFault(error);
  };
  const finish = () => {
    if (me) queries.setQueryData(meQuery.queryKey, { ...me, passwordNeeded: false });
    if (path === "/sign-in") navigate("/", { replace: true });
  };
  if (token !== null && !spent) {
    return (
      <SignedOutFrame title="Signing in">
        <ByLink token={token} onSignedIn={enter} onFailed={failed} />
      </SignedOutFrame>
    );
  }
  if (me?.passwordNeeded) {
    return (
      <SignedOutFrame title="Choose a password">
        <NewPassword me={me} onDone={finish} />
      </SignedOutFrame>
    );
  }
  return (
    <SignedOutFrame title="Sign in">
      {me && (
        <Notice tone="info" title={`You are signed in as ${me.actor.name}`}>
          <p>
            <a href="/">Go to the overview</a>, or sign in as somebody else.
          </p>
        </Notice>
      )}
      {linkFault !== null && (
        <>
          <ProblemNotice error={linkFault} />
          <p className="muted">A link works once and not for long. Ask for a new one, or use your password.</p>
        </>
      )}
      <PasswordForm onSignedIn={enter} />
    </SignedOutFrame>
  );
}
