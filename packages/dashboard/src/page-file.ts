import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Refusal } from "./refusal.js";

/** The page as it is sent. */
export interface PageFile {
  readonly html: string;
  readonly etag: string;
  /** Lets in the script and the style of the page and nothing else: nothing inline, from nowhere else, in no frame, to no other host. */
  readonly policy: string;
}

// The same from src/ and from dist/.
const FILE = "../dist/page.html";

let page: PageFile | undefined;

/** Reads it once. @throws Refusal 503 where it is not: in a workspace where it has not been built, and in a bundle */
export function pageFile(): PageFile {
  page ??= describePage(read());
  return page;
}

function describePage(html: string): PageFile {
  const hashes = (tag: string): string => {
    const texts = [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>([^]*?)</${tag}>`, "g"))].map(([, text = ""]) => text);
    return texts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`).join(" ");
  };
  const policy = [
    "default-src 'none'",
    `script-src ${hashes("script")}`,
    `style-src ${hashes("style")}`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  const etag = `"${createHash("sha256").update(html).digest("base64url").slice(0, 22)}"`;
  return { html, etag, policy: policy.join("; ") };
}

function read(): string {
  try {
    return readFileSync(fileURLToPath(new URL(FILE, import.meta.url)), "utf8");
  } catch {
    const message = `${FILE} is not beside this program: run pnpm build in a workspace; in a bundle leave @pool/dashboard external`;
    throw new Refusal(503, "PAGE_NOT_BUILT", message);
  }
}
