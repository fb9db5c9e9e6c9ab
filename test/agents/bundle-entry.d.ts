/** Makes one program that plain Node can run out of a TypeScript entry, for tests that need a process of its own. */
export declare function bundleEntry(entry: string, outfile: string): string;
