import path from "node:path";

/** @returns where playbooks are looked for: the owner's, the profile's, and those that all profiles share */
export function playbookDirectories(home: string, profilesDir: string, profileName: string): string[] {
  const shipped = [profileName, "common"].map((folder) => path.join(profilesDir, folder, "playbooks"));
  return [path.join(home, "playbooks"), ...shipped];
}
