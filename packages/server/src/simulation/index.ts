export { simulationCase } from "./format.ts";
export type { SimulationCase } from "./format.ts";
export { openSimulation } from "./open-simulation.ts";
export { readCases } from "./read-cases.ts";
export { simulate } from "./simulate.ts";
export type { Simulation, SimulationResult } from "./simulate.ts";
