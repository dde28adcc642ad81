import { parseArgs } from "node:util";

/** What `pnpm bench NAME` was told, beside what one benchmark alone knows. */
export interface CommandLine {
  /** Names of loads; undefined for all. */
  readonly only: readonly string[] | undefined;
  /** Names of contestants; undefined for all. */
  readonly engines: readonly string[] | undefined;
  readonly quick: boolean;
  readonly rounds: number;
  readonly seed: number;
  /** The built packages instead of the source in the tree. */
  readonly dist: boolean;
  readonly save: boolean;
  /** The benchmark's own switches that were given. */
  readonly own: ReadonlySet<string>;
}

export interface CommandLineText {
  readonly name: string;
  readonly title: string;
  readonly loads: readonly string[];
  /** Those that can be left out; `ours` goes without saying. */
  readonly peers: readonly string[];
  /** Who runs whatever `--engines` says. */
  readonly always: string;
  /** What `--quick` does. */
  readonly quick: string;
  /** Rounds that count, by default and with `--quick`. */
  readonly rounds: { readonly usual: number; readonly quick: number; readonly note: string };
  /** Switches of its own, with what they do. */
  readonly own?: Readonly<Record<string, string>>;
}

/** Reads the command line. Undefined when it asked for help, which has been given then. */
export function readCommandLine(text: CommandLineText): CommandLine | undefined {
  const switches = Object.keys(text.own ?? {});
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: "string" },
      engines: { type: "string" },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      seed: { type: "string", default: "1" },
      dist: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      ...Object.fromEntries(switches.map((name) => [name, { type: "boolean" as const }])),
    },
  });
  if (values.help) {
    console.log(helpOf(text));
    return undefined;
  }
  const { only, engines, quick, rounds, seed, dist, save } = values;
  const given = values as Readonly<Record<string, unknown>>;
  return {
    only: only?.split(","),
    engines: engines?.split(","),
    quick,
    rounds: Number(rounds ?? text.rounds[quick ? "quick" : "usual"]),
    seed: Number(seed),
    dist,
    save,
    own: new Set(switches.filter((name) => given[name] === true)),
  };
}

function helpOf({ name, title, loads, peers, always, quick, rounds, own = {} }: CommandLineText): string {
  const lines = [
    ["--only A,B", `only these loads: ${loads.join(", ")}`],
    ["--engines A,B", `only these contestants: ours, ${peers.join(", ")} (${always} always runs)`],
    ["--quick", quick],
    ["--rounds N", `rounds that count (${String(rounds.usual)}${rounds.note})`],
    ["--seed N", "order of the contestants"],
    ["--dist", "the built package instead of the source in the tree"],
    ...Object.entries(own).map(([flag, what]) => [`--${flag}`, what]),
    ["--save", `write results/${name}.json and RESULTS.md`],
  ];
  return `${title}\n\n${lines.map(([flag = "", what = ""]) => `  ${flag.padEnd(16)}${what}`).join("\n")}`;
}
