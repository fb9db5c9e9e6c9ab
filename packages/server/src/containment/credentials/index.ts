export { createRotateEffector } from "./rotate-effector.ts";
