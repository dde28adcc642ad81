import { expect, test } from "vitest";
import { loadEnvironment } from "../src/index.js";
import { folderWith, problemsOf } from "./support/folder.js";

const files = {
  ".env": "A=env\nB=env\nC=env\nD=env\nE=env\n",
  ".env.local": "B=local\nC=local\nD=local\nE=local\n",
  ".env.production": "C=production\nD=production\nE=production\nQUOTED='a b'\n",
  ".env.production.local": "D=production-local\nE=production-local\n",
  ".env.test": "C=test\n",
};

test("takes the later file over the earlier, and what was set outside over all", async () => {
  using folder = folderWith(files);
  const env = { E: "outside", PATH: "/bin", A: undefined };
  const read = await loadEnvironment({ environment: "production", folder: folder.path, env });
  expect({ ...read }).toEqual({
    A: "env",
    B: "local",
    C: "production",
    D: "production-local",
    E: "outside",
    PATH: "/bin",
    QUOTED: "a b",
  });
  expect(Object.isFrozen(read)).toBe(true);
});

test("leaves .env.local out for tests, which shall see the same everywhere", async () => {
  using folder = folderWith(files);
  const read = await loadEnvironment({ environment: "test", folder: folder.path, env: {} });
  expect({ ...read }).toEqual({ A: "env", B: "env", C: "test", D: "env", E: "env" });
});

test("does without files, takes process.env by default, and changes nothing in it", async () => {
  using folder = folderWith({ ".env": "POOL_CONFIG_TEST_ONLY=1\nPATH=/nowhere\n" });
  const read = await loadEnvironment({ environment: "staging", folder: folder.path });
  expect(read.POOL_CONFIG_TEST_ONLY).toBe("1");
  expect(read.PATH).toBe(process.env.PATH);
  expect(process.env.POOL_CONFIG_TEST_ONLY).toBeUndefined();
});

test("means nothing by the name of a variable", async () => {
  using folder = folderWith({ ".env": "__proto__=polluted\nconstructor=polluted\n" });
  const read = await loadEnvironment({ environment: "x", folder: folder.path, env: {} });
  expect(Object.keys(read).sort()).toEqual(["__proto__", "constructor"]);
  expect(Object.getPrototypeOf(read)).toBeNull();
});

test.each(["", "..", "../../etc", "a/b", "local", "x".repeat(65), ".hidden"])(
  "refuses %j as an environment, and reads nothing",
  async (environment) => {
    const [problem] = await problemsOf(loadEnvironment({ environment, env: {} }));
    expect(problem).toMatch(
      /^environment must be a name of letters, digits, "-" and "_" such as "production", and not "local", got /,
    );
  },
);

test.each([
  [undefined, /^environment is required: a name of letters/],
  [{}, /^environment is required: a name of letters/],
  [{ environment: undefined }, /^environment is required: a name of letters/],
  [{ environment: 7 }, /^environment must be a name of letters.*, got 7$/],
  [{ environment: "production", foldr: "x" }, /^unknown option "foldr"; did you mean folder\?$/],
  [{ environment: "production", folder: "" }, /^folder must be a string that is not empty, got ""$/],
  [{ environment: "production", env: { A: 7 } }, /^env must be an object from name to text, got an object$/],
])("refuses the options %j with a reason", async (options, reason) => {
  using folder = folderWith({ ".env.undefined": "A=wrong\n" });
  const given = options === undefined ? options : { folder: folder.path, ...options };
  const problems = await problemsOf(loadEnvironment(given as never));
  expect(problems).toEqual([expect.stringMatching(reason)]);
});

test("tells of a file that is there and cannot be read", async () => {
  using folder = folderWith({
    ".env/x": "",
    ".env.dev": "A=".padEnd(70_000, "x"),
    ".env.dev.local": Buffer.from([0x41, 0x3d, 0xff]),
  });
  expect(await problemsOf(loadEnvironment({ environment: "dev", folder: folder.path, env: {} }), folder.path)).toEqual([
    ".env: is no file, so it cannot be a file of variables",
    ".env.dev: has 70000 bytes; a file of variables may have 65536",
    ".env.dev.local: cannot be read as a file of variables: it is not UTF-8 text",
  ]);
});
