import type {
  ApprovalView,
  BreakGlassRequest,
  HandOverRequest,
  ReviewApprovalRequest,
  RunView,
  SignalRequest,
  StartRunRequest,
  UndoRunRequest,
} from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import type { ReasonRequest } from "./requests.ts";

interface WithId {
  readonly id: string;
}
interface OfStep extends WithId {
  readonly step: string;
}

/** What the API needs of the house for persons to control runs. */
export interface RunServices {
  startRun(caller: Caller, request: StartRunRequest): Promise<RunView>;
  signalRun(
    caller: Caller,
    request: WithId & { readonly name: string; readonly body: SignalRequest },
  ): Promise<RunView>;
  pauseRun(caller: Caller, request: ReasonRequest & WithId): Promise<RunView>;
  resumeRun(caller: Caller, request: ReasonRequest & WithId): Promise<RunView>;
  undoRun(caller: Caller, request: UndoRunRequest & WithId): Promise<RunView>;
  handOverRun(caller: Caller, request: HandOverRequest & WithId): Promise<RunView>;
  skipStep(caller: Caller, request: ReasonRequest & OfStep): Promise<RunView>;
  retryStep(caller: Caller, request: ReasonRequest & OfStep): Promise<RunView>;
  breakGlass(caller: Caller, request: BreakGlassRequest & WithId): Promise<ApprovalView>;
  reviewApproval(caller: Caller, request: ReviewApprovalRequest & WithId): Promise<ApprovalView>;
}
