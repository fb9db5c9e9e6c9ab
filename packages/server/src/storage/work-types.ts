export interface WorkContext {
  /** aborts when this node must let go of the job: it stops, or was cut off so long that another node takes over */
  signal: AbortSignal;
  /** 1 for the first attempt */
  attempt: number;
  isLastAttempt: boolean;
  jobId: string;
}

/** Must be safe to run again: after a crash a job runs again from its beginning. */
export type WorkHandler = (payload: unknown, context: WorkContext) => Promise<void>;
