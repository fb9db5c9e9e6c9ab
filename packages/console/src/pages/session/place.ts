import { useSearchParams } from "wouter";
import type { SessionPlace } from "../../api/session-queries.ts";
import { sessionPath } from "../../navigation.ts";

export const eventOfSession = (session: string, seq: number) => `${sessionPath(session)}?event=${seq}`;

export interface PlaceInUrl {
  readonly place: SessionPlace;
  readonly agent: string | undefined;
  readonly follow: boolean;
  readonly go: (place: SessionPlace & { readonly follow?: boolean }) => void;
}

/** Where in the session the page stands is in its address, so that a moment can be sent to somebody. */
export function usePlace(): PlaceInUrl {
  const [params, setParams] = useSearchParams();
  const seq = Number(params.get("event"));
  const agent = params.get("agent") ?? undefined;
  const follow = params.get("follow") === "1";
  const event = Number.isSafeInteger(seq) && seq > 0 ? seq : undefined;
  const after = params.get("after");
  const before = params.get("before");
  const place: SessionPlace = {
    ...(follow || params.get("end") === "1" ? { end: true } : {}),
    ...(event === undefined ? {} : { event }),
    ...(after === null ? {} : { after }),
    ...(before === null ? {} : { before }),
  };
  const go: PlaceInUrl["go"] = (to) => {
    const next = new URLSearchParams();
    if (agent !== undefined) next.set("agent", agent);
    if (to.follow === true) next.set("follow", "1");
    else if (to.end === true) next.set("end", "1");
    for (const name of ["after", "before", "event"] as const) {
      const value = to[name];
      if (value !== undefined) next.set(name, String(value));
    }
    setParams(next);
  };
  return { place, agent, follow, go };
}
