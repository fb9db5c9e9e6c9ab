import type { Logsource } from "@firebreak/sigma";

type Fields = Readonly<Record<string, unknown>>;

/** Sysmon's event ids and the categories that SigmaHQ's rules use for them (the specification's taxonomy appendix). */
const SYSMON_CATEGORIES: Readonly<Record<string, string | readonly string[]>> = {
  1: "process_creation",
  2: "file_change",
  3: "network_connection",
  4: "sysmon_status",
  5: "process_termination",
  6: "driver_load",
  7: "image_load",
  8: "create_remote_thread",
  9: "raw_access_thread",
  10: "process_access",
  11: "file_event",
  12: ["registry_event", "registry_add", "registry_delete"],
  13: ["registry_event", "registry_set"],
  14: ["registry_event", "registry_rename"],
  15: "create_stream_hash",
  16: "sysmon_status",
  17: "pipe_created",
  18: "pipe_created",
  19: "wmi_event",
  20: "wmi_event",
  21: "wmi_event",
  22: "dns_query",
  23: "file_delete",
  24: "clipboard_capture",
  25: "process_tampering",
  26: ["file_delete_detected", "file_delete"],
  27: "file_block_executable",
  28: "file_block_shredding",
  29: "file_executable_detected",
  255: "sysmon_error",
};

/** Channels, in lower case, and the service that rules name them by. */
const SERVICES: Readonly<Record<string, string>> = {
  security: "security",
  system: "system",
  application: "application",
  "windows powershell": "powershell-classic",
  "microsoft-windows-powershell/operational": "powershell",
  "powershellcore/operational": "powershell",
  "microsoft-windows-sysmon/operational": "sysmon",
  "microsoft-windows-windows defender/operational": "windefend",
  "microsoft-windows-taskscheduler/operational": "taskscheduler",
  "microsoft-windows-wmi-activity/operational": "wmi",
  "microsoft-windows-dns-client/operational": "dns-client",
  "microsoft-windows-dnsserver/audit": "dns-server-audit",
  "dns server": "dns-server",
  "directory service": "directory-service",
  "microsoft-windows-ntlm/operational": "ntlm",
  "microsoft-windows-bits-client/operational": "bits-client",
  "microsoft-windows-codeintegrity/operational": "codeintegrity-operational",
  "microsoft-windows-applocker/exe and dll": "applocker",
  "microsoft-windows-applocker/msi and script": "applocker",
  "microsoft-windows-applocker/packaged app-deployment": "applocker",
  "microsoft-windows-applocker/packaged app-execution": "applocker",
  "microsoft-windows-windows firewall with advanced security/firewall": "firewall-as",
  "microsoft-windows-terminalservices-localsessionmanager/operational": "terminalservices-localsessionmanager",
  "microsoft-windows-smbclient/security": "smbclient-security",
  "microsoft-windows-smbclient/connectivity": "smbclient-connectivity",
  "microsoft-windows-smbserver/connectivity": "smbserver-connectivity",
  "microsoft-windows-printservice/admin": "printservice-admin",
  "microsoft-windows-printservice/operational": "printservice-operational",
  "microsoft-windows-driverframeworks-usermode/operational": "driver-framework",
  "microsoft-windows-ldap-client/debug": "ldap",
  "microsoft-windows-appxdeploymentserver/operational": "appxdeployment-server",
  "microsoft-windows-capi2/operational": "capi2",
  "microsoft-windows-certificateservicesclient-lifecycle-system/operational":
    "certificateservicesclient-lifecycle-system",
  "microsoft-windows-shell-core/operational": "shell-core",
  "microsoft-windows-security-mitigations/kernel mode": "security-mitigations",
  "microsoft-windows-security-mitigations/user mode": "security-mitigations",
  "microsoft-windows-vhdmp/operational": "vhdmp",
  "openssh/operational": "openssh",
  "msexchange management": "msexchange-management",
};

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/**
 * The names under which rules may know the log a record comes from: its own `product`, `category` and `service`, else what
 * a Windows event's channel, provider and id tell. Several when several categories mean the same event; none when the
 * record tells nothing. The same objects for the same names, because the engine keeps an index for each.
 */
export function deriveLogsources(fields: Fields): readonly Logsource[] {
  const own = [textOf(fields["product"]), textOf(fields["category"]), textOf(fields["service"])] as const;
  const [product, service, categories] = deriveWindows(fields);
  const named = own[1] === "" ? categories : [own[1]];
  return named.flatMap((category) => {
    const found = intern(own[0] || product, category, own[2] || service);
    return found === undefined ? [] : [found];
  });
}

const known = new Map<string, Logsource>();
/** Records may claim anything; beyond this many names the objects are not kept. */
const KNOWN_MAX = 4096;

function intern(product: string, category: string, service: string): Logsource | undefined {
  const key = JSON.stringify([product, category, service]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const entries = Object.entries({ product, category, service }).filter(([, value]) => value !== "");
  if (entries.length === 0) return undefined;
  const logsource: Logsource = Object.fromEntries(entries);
  if (known.size < KNOWN_MAX) known.set(key, logsource);
  return logsource;
}

/** Product, service and categories; texts are empty where nothing is known. */
function deriveWindows(fields: Fields): readonly [string, string, readonly string[]] {
  const channel = textOf(fields["Channel"]).toLowerCase();
  const provider = textOf(fields["Provider_Name"]).toLowerCase();
  if (channel === "" && provider === "") return ["", "", [""]];
  const isSysmon = provider === "microsoft-windows-sysmon" || channel === "microsoft-windows-sysmon/operational";
  const service = isSysmon ? "sysmon" : (SERVICES[channel] ?? "");
  return ["windows", service, deriveCategories(service, textOf(fields["EventID"]))];
}

function deriveCategories(service: string, eventId: string): readonly string[] {
  if (service === "sysmon") return [SYSMON_CATEGORIES[eventId] ?? ""].flat();
  if (service === "security" && eventId === "4688") return ["process_creation"];
  if (service === "powershell" && eventId === "4103") return ["ps_module"];
  if (service === "powershell" && eventId === "4104") return ["ps_script"];
  if (service === "powershell-classic" && eventId === "400") return ["ps_classic_start"];
  return service === "powershell-classic" && eventId === "800" ? ["ps_classic_provider_start"] : [""];
}
