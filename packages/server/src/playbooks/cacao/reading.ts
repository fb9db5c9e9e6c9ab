import type { CacaoPlaybook } from "./format.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What became of one node of the workflow. */
export interface NodeReport {
  readonly node: string;
  readonly became: string;
}

/** What is read, and what was said of it. */
export interface Reading {
  readonly playbook: CacaoPlaybook;
  readonly report: NodeReport[];
  /** ids of steps that are taken */
  readonly ids: Set<string>;
  /** nodes read so far: branches may share what follows, and then it is read for each */
  visits: number;
  /** nodes on the way from the start: a workflow that comes back to one of them is no playbook of ours */
  readonly onTheWay: Set<string>;
}

/** A workflow that cannot become a playbook. */
export class NotConvertible extends Error {
  override readonly name = "NotConvertible";
}

/** `__ip-address__` is the input `ip_address`. */
export function inputName(variable: string): string {
  const name = variable.replaceAll(/^_+|_+$/g, "").replaceAll(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z]/.test(name) ? name.slice(0, 60) : `v_${name}`.slice(0, 60);
}
