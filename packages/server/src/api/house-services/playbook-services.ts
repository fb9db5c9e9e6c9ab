import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { findDue, readProofs, readScheduled } from "../../drills/index.ts";
import {
  describePlaybook,
  describeRunPlaybook,
  exportPlaybook,
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
      const proofOf = await readDrilled(house, views);
      const items = views.map((view) => ({ ...view, ...proofOf(view.id) }));
      return { items, next: null, refused: viewRefused(house.playbooks) };
    },
    getPlaybook: async (_caller, { id }) => {
      const detail = await describePlaybook(house, house.playbooks, id);
      const proofOf = await readDrilled(house, [detail]);
      return { ...detail, ...proofOf(id) };
    },
    previewPlaybook: (caller, { id, inputs, incidentId }) =>
      previewPlaybook(contextFor(house, caller.actor), { playbookId: id, inputs, incidentId }),
    getRunPlaybook: (_caller, { id }) => describeRunPlaybook(house, id),
    importPlaybook: (_caller, { name, markdown, home }) =>
      house.importer.import({ text: markdown, file: name, home: home ?? null }),
    exportPlaybook: async (_caller, { id, format }) => {
      const playbook = house.playbooks.playbooks.get(id);
      if (playbook === undefined) throw new FirebreakError("not_found", `there is no playbook ${id} that loads`);
      return exportPlaybook(playbook, house.profile, { format, changedAt: house.clock.now() });
    },
  };
}

/** @returns by a playbook's id, what drills say of it, and whether one that was promised is missing */
async function readDrilled(
  { database, profile, clock }: House,
  playbooks: readonly { readonly id: string; readonly hash: string }[],
) {
  const { drills: settings, timeZone } = profile;
  const ids = playbooks.map(({ id }) => id).filter((id) => settings?.playbooks?.includes(id) ?? true);
  const [proofs, scheduled] = await Promise.all([
    readProofs(database, new Map(playbooks.map(({ id, hash }) => [id, hash]))),
    settings === undefined ? [] : readScheduled(database, ids),
  ]);
  const overdue = settings === undefined ? [] : findDue({ ...settings, timeZone }, scheduled, clock.now()).overdue;
  return (id: string) => {
    const { lastProven = null, lastDrill = null } = proofs.get(id) ?? {};
    return { lastProven, lastDrill, drillOverdue: overdue.includes(id) };
  };
}
