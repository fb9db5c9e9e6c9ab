import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { NO_PROOF, readProofs } from "../../drills/index.ts";
import {
  describePlaybook,
  describeRunPlaybook,
  exportPlaybook,
  importFile,
  previewPlaybook,
  viewPlaybook,
  viewRefused,
} from "../../playbooks/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import type { PlaybookApi } from "../playbook-api.ts";

export function playbookServices(house: House): PlaybookApi {
  return {
    listPlaybooks: async () => {
      const views = [...house.playbooks.playbooks.values()].map(viewPlaybook);
      const proofs = await readProofs(house.database, new Map(views.map(({ id, hash }) => [id, hash])));
      const items = views.map((view) => ({ ...view, ...(proofs.get(view.id) ?? NO_PROOF) }));
      return { items, next: null, refused: viewRefused(house.playbooks) };
    },
    getPlaybook: async (_caller, { id }) => {
      const detail = await describePlaybook(house, house.playbooks, id);
      const proofs = await readProofs(house.database, new Map([[id, detail.hash]]));
      return { ...detail, ...(proofs.get(id) ?? NO_PROOF) };
    },
    previewPlaybook: (caller, { id, inputs, incidentId }) =>
      previewPlaybook(contextFor(house, caller.actor), { playbookId: id, inputs, incidentId }),
    getRunPlaybook: (_caller, { id }) => describeRunPlaybook(house, id),
    importPlaybook: (_caller, { name, markdown, home }) =>
      importFile(markdown, { file: name, effectors: house.effectors, home: home ?? null }),
    exportPlaybook: async (_caller, { id, format }) => {
      const playbook = house.playbooks.playbooks.get(id);
      if (playbook === undefined) throw new FirebreakError("not_found", `there is no playbook ${id} that loads`);
      return exportPlaybook(playbook, house.profile, { format, changedAt: house.clock.now() });
    },
  };
}
