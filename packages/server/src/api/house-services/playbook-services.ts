import type { House } from "../../app/index.ts";
import { describePlaybook, describeRunPlaybook, viewPlaybook, viewRefused } from "../../playbooks/index.ts";
import type { PlaybookApi } from "../playbook-api.ts";

export function playbookServices(house: House): PlaybookApi {
  return {
    listPlaybooks: async () => ({
      items: [...house.playbooks.playbooks.values()].map(viewPlaybook),
      next: null,
      refused: viewRefused(house.playbooks),
    }),
    getPlaybook: (_caller, { id }) => describePlaybook(house, house.playbooks, id),
    getRunPlaybook: (_caller, { id }) => describeRunPlaybook(house, id),
  };
}
