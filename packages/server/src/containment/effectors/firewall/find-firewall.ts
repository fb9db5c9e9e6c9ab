import { accessSync, constants } from "node:fs";
import type { EffectorSettings } from "../../../kernel/index.ts";
import type { Firewall } from "./firewall.ts";
import { createNftables } from "./nftables.ts";
import { createPf } from "./pf.ts";
import { createUfw } from "./ufw.ts";

export type FirewallChoice = EffectorSettings["firewall"]["use"];

const PLACES = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"];

/** @returns the host's packet filter, or what is missing and how to get it */
export function findFirewall(
  choice: FirewallChoice,
  platform: NodeJS.Platform = process.platform,
): { readonly firewall: Firewall } | { readonly problem: string } {
  const kind = choice === "auto" ? (platform === "darwin" ? "pf" : "nftables") : choice;
  switch (kind) {
    case "nftables":
      return isInstalled("nft")
        ? { firewall: createNftables() }
        : { problem: "the program nft is missing: install the package nftables (apt-get install nftables)" };
    case "pf":
      return isInstalled("pfctl")
        ? { firewall: createPf() }
        : { problem: "the program pfctl is missing: pf is on macOS" };
    case "ufw":
      return isInstalled("ufw")
        ? { firewall: createUfw() }
        : { problem: "the program ufw is missing (apt-get install ufw)" };
  }
}

export function isInstalled(program: string): boolean {
  return PLACES.some((place) => {
    try {
      accessSync(`${place}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
