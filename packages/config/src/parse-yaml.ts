import { isScalar, Lexer, LineCounter, parseDocument, visit, type Document } from "yaml";
import { shownKey } from "./key-text.js";
import type { Parsed } from "./parse-json.js";

const DEEPEST = 32;
const MOST_ALIASES = 100;

/**
 * Parses one YAML 1.2 document of plain data: no tags, no keys given twice, few aliases. `<<` merges.
 * Problems are told by code and place, since the parser's messages quote the text.
 */
export function parseYaml(text: string): Parsed {
  const tooDeep = nestingProblem(text);
  if (tooDeep !== undefined) return { problems: [tooDeep] };
  const lines = new LineCounter();
  // Its own check for keys given twice takes quadratic time.
  const document = parseDocument(text, {
    prettyErrors: false,
    uniqueKeys: false,
    merge: true,
    logLevel: "error",
    lineCounter: lines,
  });
  const place = (offset: number | undefined): string => {
    if (offset === undefined) return "";
    const { line, col } = lines.linePos(offset);
    return ` (line ${String(line)}, column ${String(col)})`;
  };
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined)
    return { problems: [`is not YAML of plain data: ${wordsFor(broken.code)}${place(broken.pos[0])}`] };
  const problems = keyProblems(document, place);
  if (problems.length > 0) return { problems };
  try {
    return { value: document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown };
  } catch {
    return { problems: ["is not YAML of plain data: an alias without an anchor before it, or too many aliases"] };
  }
}

/** Brackets nested without end keep the parser busy for long; the lexer tells in one pass. */
function nestingProblem(text: string): string | undefined {
  let depth = 0;
  let dashes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === "?") return "uses an explicit key (?), which no setting has";
    if (lexeme === "[" || lexeme === "{") depth++;
    else if (lexeme === "]" || lexeme === "}") depth--;
    if (lexeme === "-") dashes++;
    else if (lexeme.trim() !== "") dashes = 0;
    if (depth > DEEPEST || dashes > DEEPEST) return `is nested deeper than ${String(DEEPEST)} levels`;
  }
  return undefined;
}

function keyProblems(document: Document.Parsed, place: (offset: number | undefined) => string): string[] {
  const problems: string[] = [];
  visit(document, {
    Map(_, map) {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        // `<<` is a symbol once read, and may come as often as it likes.
        if (isScalar(key) && typeof key.value === "symbol") continue;
        const offset = (key as { range?: [number, number, number] | null } | null)?.range?.[0];
        const name = isScalar(key) ? String(key.value) : undefined;
        if (name === undefined) problems.push(`has a key that is no text${place(offset)}`);
        else if (keys.has(name))
          problems.push(`gives ${JSON.stringify(shownKey(name))} twice in one map${place(offset)}`);
        else keys.add(name);
      }
    },
  });
  return problems;
}

function wordsFor(code: string): string {
  switch (code) {
    case "MULTIPLE_DOCS":
      return "more than one document";
    case "TAG_RESOLVE_FAILED":
      return "a tag";
    case "TAB_AS_INDENT":
      return "a tab as indentation";
    default:
      return code.toLowerCase().replaceAll("_", " ");
  }
}
