import { useMutation, useQueryClient } from "@tanstack/react-query";
import { problemOf } from "../api/client.ts";
import { notify } from "../ui/toast.tsx";

interface ActOptions<T> {
  /** which cached answers the act makes stale, by the first part of their keys; without it, all */
  readonly stale?: readonly string[];
  readonly onDone?: (result: T) => void;
  /** said when it succeeded */
  readonly done?: string;
  /** forms show faults in place; an act without a form says them in a toast */
  readonly inToast?: boolean;
}

/** One act on the server with its state; refreshes what it changed. */
export function useAct<T, V = void>(act: (input: V) => Promise<T>, options: ActOptions<T> = {}) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (result: T) => {
      if (options.stale === undefined) void queries.invalidateQueries();
      for (const key of options.stale ?? []) void queries.invalidateQueries({ queryKey: [key] });
      if (options.done !== undefined) notify("done", options.done);
      options.onDone?.(result);
    },
    onError: (error) => {
      if (!options.inToast) return;
      const problem = problemOf(error);
      notify("fault", problem.title, problem.detail);
    },
  });
}
