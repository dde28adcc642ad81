import { readFileSync } from "node:fs";
import { describeOptions } from "@pool/core";
import { expect, test } from "vitest";
import { environment } from "../src/config.js";
import { examples } from "../src/examples.js";
import { backends } from "./support/databases.js";
import { serviceForTest } from "./support/service.js";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** Method, URL and body of one of the curl lines, which use no other options than these. */
function parseCurl(command: string): [url: string, init: RequestInit] {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  expect(words.shift()).toBe("curl");
  const init: RequestInit & { headers: Record<string, string> } = { headers: {} };
  let url = "";
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === "-X") init.method = words.shift()!;
    else if (word === "-d") init.body = words.shift()!;
    else if (word === "-H") {
      const [name = "", value = ""] = words.shift()!.split(": ");
      init.headers[name] = value;
    } else url = word;
  }
  return [url, init];
}

test("the README shows the commands that the service prints", () => {
  const [, shown = ""] = /```sh\n([^`]*)```/.exec(readme) ?? [];
  expect(shown.trim().split("\n")).toEqual(examples("http://127.0.0.1:3000").map(({ command }) => command));
});

test.each(backends)("every command that it prints works on $kind", async (backend) => {
  const { client } = await serviceForTest(backend);
  for (const { command } of examples(client.address)) {
    const reply = await fetch(...parseCurl(command));
    expect([command, reply.ok]).toEqual([command, true]);
    expect(await reply.json()).toBeTypeOf("object");
  }
});

test.each(backends)("the index on $kind lists them with the address it was called at", async (backend) => {
  const { client } = await serviceForTest(backend);
  expect((await client.get<{ try: unknown }>("/")).body.try).toEqual(examples(client.address));
});

test("the README's table of settings is the one that is checked at start", () => {
  const [, shown = ""] = /<!-- environment -->\n([^]*?)<!-- \/environment -->/.exec(readme) ?? [];
  expect(shown.trim()).toBe(describeOptions(environment));
});
