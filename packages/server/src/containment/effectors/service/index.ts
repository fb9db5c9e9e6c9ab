import type { EffectorSettings } from "../../../kernel/index.ts";
import type { Effector } from "../../effector.ts";
import { createLaunchd } from "./launchctl.ts";
import { serviceEffector } from "./service-effector.ts";
import { createSystemd } from "./systemctl.ts";
import { VITAL_JOBS, VITAL_UNITS } from "./vital.ts";

export function serviceEffectors({ systemd, launchd }: EffectorSettings): readonly Effector[] {
  const spared = (vital: RegExp) => (service: string) =>
    vital.test(service) ? `${service} is needed to reach or run this machine; it is never stopped` : null;
  return [
    serviceEffector({
      name: "systemd.stop",
      title: "Stop a systemd unit and keep it down",
      manager: createSystemd(systemd.systemctl, systemd.scope),
      key: "unit",
      pattern: /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.(service|socket|timer|path|scope|slice)$/,
      hint: "use a unit's full name, like openclaw-gateway.service",
      spared: spared(VITAL_UNITS),
    }),
    serviceEffector({
      name: "launchd.stop",
      title: "Boot a launchd job out and keep it out",
      manager: createLaunchd(launchd.launchctl),
      key: "job",
      pattern: /^(system|(gui|user|login|pid)\/\d{1,10})\/[A-Za-z0-9][A-Za-z0-9._-]*$/,
      hint: "use a service target, like gui/501/com.example.agent",
      spared: spared(VITAL_JOBS),
    }),
  ];
}
