export { simulationCase, simulationFile } from "./format.ts";
export type { SimulationCase } from "./format.ts";
export { simulate } from "./simulate.ts";
export type { Simulation, SimulationResult } from "./simulate.ts";
