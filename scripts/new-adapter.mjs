// Copies templates/adapter to packages/NAME, with the template's name replaced by NAME:
//   pnpm new:adapter NAME             NAME as of a package: lower-case words with hyphens
//   pnpm new:adapter NAME --into DIR  to DIR/packages/NAME instead
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const root = resolve(import.meta.dirname, "..");
const template = join(root, "templates/adapter");

const { positionals, values } = parseArgs({ allowPositionals: true, options: { into: { type: "string" } } });
const [name] = positionals;
if (positionals.length !== 1 || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
  end("Usage: pnpm new:adapter NAME, lower-case words with hyphens, for example my-store");
}
const target = join(resolve(values.into ?? root), "packages", name);
if (existsSync(target)) end(`${target} is there already`);

// What the files would name could not be named so.
const RESERVED =
  /^(await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|pool|private|protected|public|return|sample|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield)$/;
if (RESERVED.test(name))
  end(`${name} means something else in the code that would be made: choose another, for example ${name}-store`);

const camel = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const pascal = camel[0].toUpperCase() + camel.slice(1);

const generated = /^(node_modules|dist|\.turbo)(\W|$)/;
for (const file of readdirSync(template, { recursive: true })) {
  if (generated.test(file) || !statSync(join(template, file)).isFile()) continue;
  const path = join(target, file.replace("sample", name));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, renamed(file, readFileSync(join(template, file), "utf8")));
}

console.log(`packages/${name} is made, a working adapter to the server in its test folder. Next:
  pnpm install
  npx vitest run packages/${name}
Then put your driver in place of src/connection.ts, and your server in place of test/server.ts. ADAPTERS.md says what each part promises.`);

function renamed(file, text) {
  if (file === "package.json") {
    const manifest = JSON.parse(text.replaceAll("Sample", pascal).replaceAll("sample", name));
    delete manifest.private;
    return `${JSON.stringify(manifest, null, 2)}\n`;
  }
  return text
    .replaceAll("@pool/sample", `@pool/${name}`)
    .replaceAll(/"sample"/g, `"${name}"`)
    .replaceAll("sample://", `${name}://`)
    .replaceAll("Sample", pascal)
    .replaceAll(/\bsample/g, camel);
}

function end(message) {
  console.error(message);
  process.exit(1);
}
