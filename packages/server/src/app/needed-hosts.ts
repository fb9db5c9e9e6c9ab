import type { FirewallSurroundings, NeededHost } from "../containment/index.ts";
import type { Channel, Config, CredentialSettings, Profile, ReadSecret } from "../kernel/index.ts";

interface Surroundings {
  readonly config: Pick<Config, "databaseUrl" | "publicUrl">;
  readonly profile: Pick<Profile, "channels" | "effectors">;
  readonly readSecret: ReadSecret;
  /** where people are at work from */
  readonly operators: FirewallSurroundings["operators"];
}

/** Whom the firewall must never cut off, as this server knows it. */
export function neededHosts({ config, profile, readSecret, operators }: Surroundings): FirewallSurroundings {
  return {
    neverBlock: profile.effectors.firewall.neverBlock,
    operators,
    database: async () => hostsOf(config.databaseUrl, "the database"),
    services: async () => {
      const channels = await Promise.all(profile.channels.map((channel) => channelHosts(channel, readSecret)));
      const vaults = profile.effectors.credentials.flatMap((credential) => credentialHosts(credential));
      return [...hostsOf(config.publicUrl, "this server's public address"), ...channels.flat(), ...vaults];
    },
  };
}

async function channelHosts(channel: Channel, readSecret: ReadSecret): Promise<NeededHost[]> {
  const [given, name] =
    channel.kind === "webhook" ? [channel.url, channel.urlEnv] : [channel.smtpUrl, channel.smtpUrlEnv];
  const url = given ?? (name === undefined ? undefined : await readSecret(name));
  return hostsOf(url, `the channel ${channel.name}`);
}

/** Where the credentials to be rotated lie, and who proves the old one refused. */
function credentialHosts({ name, stores, probe }: CredentialSettings): NeededHost[] {
  const urls = stores.flatMap((store) => (store.kind === "vault" ? [store.url] : []));
  if (probe?.kind === "http") urls.push(probe.url);
  return urls.flatMap((url) => hostsOf(url, `where the credential ${name} is kept or proved`));
}

/** A database behind a Unix socket has none. */
function hostsOf(url: string | undefined, why: string): NeededHost[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { hostname, searchParams } = new URL(url);
  const hosts = [hostname.replace(/^\[(.*)\]$/, "$1"), searchParams.get("host") ?? ""];
  return hosts.filter((host) => host !== "" && !host.startsWith("/")).map((host) => ({ host, why }));
}
