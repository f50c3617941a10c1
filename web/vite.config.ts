import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { build, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the server: a running `treadle serve`, or the mock (`npm run mock`). */
const server = process.env.TREADLE_URL ?? "http://127.0.0.1:8700";

/** Builds the script that other web sites load: one file of its own, without modules, under a name that stays. */
function embedScript(): Plugin {
  return {
    name: "embed-script",
    apply: "build",
    async generateBundle() {
      const built = await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        build: {
          write: false,
          target: "es2022",
          lib: { entry: fileURLToPath(new URL("./src/embed/main.ts", import.meta.url)), formats: ["iife"], name: "treadleEmbed" },
        },
      });
      if (!Array.isArray(built) || built[0] === undefined) throw new Error("The embedding script was not built.");
      this.emitFile({ type: "asset", fileName: "embed.min.js", source: built[0].output[0].code });
    },
  };
}

/** Drops the names that components have for debugging: assigned to, a component nobody uses would stay in the bundle. */
function namelessComponents(): Plugin {
  return {
    name: "nameless-components",
    apply: "build",
    transform: {
      filter: { id: /node_modules\/(@radix-ui|@xyflow)\// },
      handler: (code) => ({ code: code.replace(/^\s*(\w+\.displayName = .*;|__name\(\w+, "\w+"\);)$/gm, ""), map: null }),
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), embedScript(), namelessComponents()],
  // The server puts the nonce of each page here (src/treadle/server/pages.py).
  html: { cspNonce: "__TREADLE_NONCE__" },
  resolve: {
    alias: {
      "@": fileURLToPath(new URL("./src", import.meta.url)),
      "d3-color": fileURLToPath(new URL("./src/features/workflow/canvas/no-colors.ts", import.meta.url)),
    },
  },
  build: {
    outDir: "../src/treadle/server/static",
    emptyOutDir: true,
    target: "es2022",
    manifest: true,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      // A component that is wrapped or named, and used by nobody, goes.
      treeshake: { manualPureFunctions: ["memo", "__name"] },
      // Modules that many pages share are a few files: small ones compress badly, and each is a request.
      output: {
        codeSplitting: {
          groups: [
            { name: "shared", minShareCount: 25, includeDependenciesRecursively: false },
            { name: "icons", test: /lucide-react/, minShareCount: 3, includeDependenciesRecursively: false },
            { name: "graph", test: /features\/workflow\/(graph\/(?!comparing|merging)|store\/api)/, minShareCount: 3, includeDependenciesRecursively: false },
            { name: "canvas", test: /features\/workflow\/(store|canvas|running\/running)/, minShareCount: 3, includeDependenciesRecursively: false },
          ],
        },
      },
    },
    // A font inside the stylesheet would need `data:` in the content security policy.
    assetsInlineLimit: 0,
  },
  server: {
    host: "127.0.0.1",
    // The editor shows what the documentation says about a node.
    fs: { allow: [".", "../docs"] },
    proxy: { "/api": server, "/console/api": server, "/files": server, "/embed.min.js": server },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
