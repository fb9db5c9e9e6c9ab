import type { FirewallSurroundings, NeededHost } from "../containment/index.ts";
import { listOperatorAddresses } from "../access/index.ts";
import type { Channel, Clock, Config, Profile, ReadSecret } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";

interface Surroundings {
  readonly config: Pick<Config, "databaseUrl" | "publicUrl">;
  readonly profile: Pick<Profile, "channels" | "effectors">;
  readonly database: Database;
  readonly clock: Clock;
  readonly readSecret: ReadSecret;
}

/** Whom the firewall must never cut off, as this server knows it. */
export function neededHosts({ config, profile, database, clock, readSecret }: Surroundings): FirewallSurroundings {
  return {
    neverBlock: profile.effectors.firewall.neverBlock,
    operators: () => listOperatorAddresses(database, clock.now()),
    database: async () => hostsOf(config.databaseUrl, "the database"),
    services: async () => {
      const channels = await Promise.all(profile.channels.map((channel) => channelHosts(channel, readSecret)));
      return [...hostsOf(config.publicUrl, "this server's public address"), ...channels.flat()];
    },
  };
}

async function channelHosts(channel: Channel, readSecret: ReadSecret): Promise<NeededHost[]> {
  const [given, name] =
    channel.kind === "webhook" ? [channel.url, channel.urlEnv] : [channel.smtpUrl, channel.smtpUrlEnv];
  const url = given ?? (name === undefined ? undefined : await readSecret(name));
  return hostsOf(url, `the channel ${channel.name}`);
}

/** A database behind a Unix socket has none. */
function hostsOf(url: string | undefined, why: string): NeededHost[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { hostname, searchParams } = new URL(url);
  const hosts = [hostname.replace(/^\[(.*)\]$/, "$1"), searchParams.get("host") ?? ""];
  return hosts.filter((host) => host !== "" && !host.startsWith("/")).map((host) => ({ host, why }));
}
