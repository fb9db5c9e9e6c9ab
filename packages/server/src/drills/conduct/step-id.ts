/** @returns the step's id in its playbook: a run names it with the calls and the items around it, `call/id#2` */
export function plainStepId(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1).split("#", 1)[0] ?? id;
}
