import type { DataClass } from "@firebreak/protocol";

/** What a path is known for. The first pattern that fits counts. */
interface PathKind {
  readonly kind: string;
  readonly says: string;
  readonly pattern: RegExp;
}

/** Files that hold credentials by their names. */
const CREDENTIALS: readonly PathKind[] = [
  { kind: "ssh_key", says: "SSH private key", pattern: /\/\.ssh\/(?:id_|identity)(?!.*\.pub$)|^id_(?:rsa|ed25519|ecdsa|dsa)$/ },
  { kind: "ssh_folder", says: "SSH keys and settings", pattern: /\/\.ssh(?:\/?$|\/\*)/ },
  { kind: "cloud", says: "AWS credentials", pattern: /\/\.aws(?:\/?$|\/credentials|\/config|\/sso\/|\/\*)/ },
  { kind: "cloud", says: "Google Cloud credentials", pattern: /\/\.config\/gcloud|application_default_credentials\.json|service[-_]account.*\.json$/ },
  { kind: "cloud", says: "Azure credentials", pattern: /\/\.azure(?:\/|$)/ },
  { kind: "cluster", says: "Kubernetes credentials", pattern: /\/\.kube(?:\/config|\/?$)|\/var\/run\/secrets\/kubernetes\.io/ },
  { kind: "registry", says: "container registry credentials", pattern: /\/\.docker\/config\.json$/ },
  { kind: "package", says: "package registry token", pattern: /\/\.(?:npmrc|pypirc|gem\/credentials|cargo\/credentials)/ },
  { kind: "git", says: "Git credentials", pattern: /\/\.(?:git-credentials|netrc)$|\/\.config\/(?:gh\/hosts\.yml|git\/credentials)/ },
  { kind: "environment_file", says: "environment file, which often holds secrets", pattern: /(?:^|\/)\.env(?:\.[\w-]+)?$/ },
  { kind: "passwords", says: "password hashes of the system", pattern: /^\/etc\/(?:shadow|gshadow)-?$/ },
  { kind: "wallet", says: "wallet or key store", pattern: /(?:^|\/)(?:wallet\.dat|keystore(?:\/|\.json$)|UTC--\d{4}-)|\/\.(?:ethereum|bitcoin|solana)\// },
  { kind: "agent", says: "credentials of the agent's runtime", pattern: /\/\.(?:openclaw|clawdbot|moltbot|claude)\/(?:.*\/)?(?:\.?credentials|auth[-\w]*\.json|secrets)/ },
  { kind: "key_file", says: "key file", pattern: /\.(?:pem|p12|pfx|jks|kdbx|ppk)$|(?:^|\/)[\w.-]*private[-_]?key[\w.-]*$/i },
  { kind: "browser", says: "passwords of a browser", pattern: /\/(?:Login Data|logins\.json|key4\.db)$/ },
]; // prettier-ignore

/** Places from which something starts again by itself, or that tell an agent what it is. Writing there may persist. */
const PERSISTENCE: readonly PathKind[] = [
  { kind: "scheduled_job", says: "scheduled job", pattern: /^\/etc\/(?:cron|anacrontab)|^\/var\/spool\/(?:cron|at)|\/\.?crontab$/ },
  { kind: "service", says: "service that starts by itself", pattern: /^\/(?:etc|usr\/lib|lib)\/systemd\/|\/\.config\/systemd\/|^\/etc\/(?:init\.d|rc\.local|rc\d\.d)|\/Library\/Launch(?:Agents|Daemons)\// },
  { kind: "start_up_file", says: "start-up file of a shell or session", pattern: /(?:^|\/)\.(?:bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zshenv|zprofile|zlogin|xprofile|xinitrc)$|^\/etc\/(?:profile|bash\.bashrc|zsh|environment)|\/\.config\/(?:autostart\/|fish\/)|^\/etc\/ld\.so\.preload/ },
  { kind: "ssh_access", says: "keys that may sign in over SSH", pattern: /\/\.ssh\/(?:authorized_keys|rc|environment)|^\/etc\/ssh\// },
  { kind: "account", says: "accounts of the system", pattern: /^\/etc\/(?:passwd|shadow|group|sudoers)/ },
  { kind: "skill", says: "skill or plugin of an agent", pattern: /(?:^|\/)(?:skills|plugins|extensions)\/[^/]+(?:\/|$)|(?:^|\/)SKILL\.md$/ },
  { kind: "agent_settings", says: "settings, hooks or tools of an agent", pattern: /\/\.claude\/(?:settings(?:\.local)?\.json|hooks|commands|agents)|(?:^|\/)\.?mcp\.json$|\/\.(?:openclaw|clawdbot|moltbot)\/(?:openclaw|config|settings|hooks)/ },
  { kind: "prompt_or_memory", says: "prompt or memory of an agent", pattern: /(?:^|\/)(?:SOUL|IDENTITY|AGENTS?|CLAUDE|MEMORY|USER|TOOLS|HEARTBEAT|BOOT(?:STRAP)?|GEMINI|SYSTEM)\.md$|(?:^|\/)(?:memory|memories)\/[^/]+|(?:^|\/)(?:system[-_]?prompt|\.cursorrules|copilot-instructions)[\w.-]*$/i },
  { kind: "repository_hook", says: "hook of a repository", pattern: /\/\.git\/hooks\/|\/\.husky\/|(?:^|\/)\.github\/workflows\/|(?:^|\/)\.gitlab-ci\.yml$/ },
]; // prettier-ignore

/** Names that suggest health data; a name proves nothing. */
const HEALTH =
  /(?:^|[^a-z])(?:patients?|phi|ehr|emr|hl7|fhir|dicom|icd-?10|medical|diagnos[ei]s|prescriptions?|health[-_]?records?)(?:[^a-z]|$)/i;

export interface KnownPath {
  readonly kind: string;
  readonly says: string;
}

export function findCredential(path: string): KnownPath | undefined {
  return find(CREDENTIALS, path);
}

export function findPersistence(path: string): KnownPath | undefined {
  return find(PERSISTENCE, path);
}

/** @returns the class that a name suggests */
export function suggestClass(text: string): DataClass | undefined {
  return HEALTH.test(text.slice(0, 500)) ? "health" : undefined;
}

function find(kinds: readonly PathKind[], path: string): KnownPath | undefined {
  // a home is a home however it is written
  const place = path.slice(0, 4_096).replace(/^(?:~|\$HOME|\$\{HOME\}|file:\/\/)(?=\/)/, "/home/x");
  return kinds.find(({ pattern }) => pattern.test(place));
}
