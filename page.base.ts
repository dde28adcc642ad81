import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Rolldown } from "vite";

/**
 * The page of a package, which is for browsers: `src/page/index.html` with all that it loads, bundled into the one file `dist/page.html`, which
 * asks for nothing else. tsup makes it with every build of the package in `folder`, if it has one.
 */
export async function buildPage(folder: string): Promise<void> {
  const root = join(folder, "src", "page");
  if (!existsSync(join(root, "index.html"))) return;
  const built = await build({
    root,
    configFile: false,
    logLevel: "warn",
    mode: "production",
    // Also where NODE_ENV says "test".
    define: { "process.env.NODE_ENV": '"production"' },
    oxc: { jsx: { development: false } },
    build: {
      write: false,
      target: "es2022",
      // The first with light-dark(); for older ones it would be turned into what follows the system alone.
      cssTarget: ["chrome123", "firefox120", "safari17.5"],
      modulePreload: false,
      assetsInlineLimit: Infinity,
      cssCodeSplit: false,
    },
  });
  const { output } = built as Rolldown.RolldownOutput; // what one build that watches nothing and writes nothing gives
  mkdirSync(join(folder, "dist"), { recursive: true });
  // Whoever reads it meanwhile sees the old one or the new one, and nothing between.
  const unfinished = join(folder, "dist", `page.${process.pid}.tmp`);
  writeFileSync(unfinished, inOneFile(output));
  renameSync(unfinished, pageOf(folder));
}

/** For vitest's `globalSetup`, as tests need no build of the packages: makes the dashboard's page unless it is newer than its sources. */
export async function setup(): Promise<void> {
  const folder = join(import.meta.dirname, "packages", "dashboard");
  const sources = readdirSync(join(folder, "src"), { recursive: true }).map((file) =>
    join(folder, "src", String(file)),
  );
  const newest = Math.max(...[...sources, import.meta.filename].map((file) => statSync(file).mtimeMs));
  if (!existsSync(pageOf(folder)) || statSync(pageOf(folder)).mtimeMs < newest) await buildPage(folder);
}

function pageOf(folder: string): string {
  return join(folder, "dist", "page.html");
}

/** Puts scripts and styles where the document names them. */
function inOneFile(output: Rolldown.RolldownOutput["output"]): string {
  const textOf = (path: string): string => {
    const found = output.find(({ fileName }) => path.endsWith(fileName));
    if (!found) throw new Error(`the page loads ${path}, which was not built`);
    return (found.type === "chunk" ? found.code : String(found.source)).trim();
  };
  const page = textOf("index.html")
    .replace(/<link rel="stylesheet"[^>]* href="([^"]+)">/g, (_, path: string) => `<style>${textOf(path)}</style>`)
    .replace(/<script type="module"[^>]* src="([^"]+)"><\/script>/g, (_, path: string) => {
      return `<script type="module">${textOf(path).replaceAll("</script", "<\\/script")}</script>`;
    });
  const left = /<(?:link|script|img)[^>]* (?:src|href)="(?!data:)[^"]*"/.exec(page);
  if (left) throw new Error(`the page still loads ${left[0]}`);
  return `${page.trim()}\n`;
}
