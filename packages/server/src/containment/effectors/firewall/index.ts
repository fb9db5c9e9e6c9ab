export { createBlockEffector, reconcileFirewall } from "./block-effector.ts";
export type { BlockSurroundings } from "./block-effector.ts";
export { createIsolateEffector, reconcileIsolation } from "./isolate-effector.ts";
export type { FirewallSurroundings, NeededHost } from "./protected-networks.ts";
