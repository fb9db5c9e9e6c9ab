import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compressed } from "./scripts/compressed.mjs";
import { pureSchemas } from "./scripts/pure-schemas.mjs";

const API = "http://127.0.0.1:8080";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), pureSchemas(), compressed()],
  resolve: { conditions: ["firebreak-source", "module", "browser", "development|production"] },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    // The server forbids `data:` scripts and styles; every asset is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // One chunk for all that an operator needs at once; the test of the size says what it may weigh.
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      // zod's own comments, which Rollup cannot place; nothing of zod is in the bundle.
      onwarn: (warning, warn) => (warning.code === "INVALID_ANNOTATION" ? undefined : warn(warning)),
      // The console takes tables from the protocol, not its schemas; see scripts/pure-schemas.mjs.
      treeshake: {
        moduleSideEffects: (id) => !id.includes("/zod/") && !id.includes("/protocol/"),
      },
    },
  },
  server: { port: 5173, strictPort: true, proxy: { "/api": API, "/health": API, "/ready": API } },
});
