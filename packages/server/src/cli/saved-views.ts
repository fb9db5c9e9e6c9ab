import { pageOf, savedView } from "@firebreak/protocol";
import type { SavedView } from "@firebreak/protocol";
import { OperatorError } from "../kernel/index.ts";
import type { ApiClient } from "./client.ts";
import { EXIT } from "./exit-codes.ts";
import { printable } from "./printable.ts";

/** @param name of one's own view, of a shared one, or an id. @throws OperatorError when there is none */
export async function findView(client: ApiClient, name: string): Promise<SavedView> {
  const { items } = await client.get(pageOf(savedView), "/views");
  const found =
    items.find((view) => view.own && view.name === name) ??
    items.find((view) => view.name === name || view.id === name);
  if (found !== undefined) return found;
  throw new OperatorError(`There is no saved view ${printable(name)}.`, "See them with: firebreak views list", {
    exitCode: EXIT.notFound,
  });
}
