/** Exit codes, the same for every command; `firebreak help` prints them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  serverDown: 3,
  denied: 4,
  notFound: 5,
  stopUnverified: 6,
  heldBack: 75,
} as const;

export type ExitName = keyof typeof EXIT;

export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  ok: "done",
  failed: "failed; the message says what happened and how to mend it",
  usage: "the command line is not right; nothing was done",
  serverDown: "no server answers and this command needs one",
  denied: "not signed in, or the role does not allow it",
  notFound: "there is no such thing",
  stopUnverified: "a stop was made but not every target is verified as stopped",
  heldBack: "the agent was not started because a hold covers it",
};

/** What can happen to every command. */
export const ALWAYS: readonly ExitName[] = ["ok", "failed", "usage"];

/** What can happen to a command that asks the server. */
export const ASKS_SERVER: readonly ExitName[] = [...ALWAYS, "serverDown", "denied"];
