import { type FieldDef } from "pg";

type Parser = (value: string) => unknown;

/** Where the parsers of a result's columns come from: pg's registry, the client's overrides or the statement's own. */
export interface Types {
  getTypeParser(oid: number, format?: string): Parser;
}

/** Reads one row of what the server sent; throws what a type parser throws. */
export type RowReader = (values: readonly (string | null)[]) => unknown;

/** What is known of the rows of one statement: looked up once, not once per row. */
export class RowShape {
  readonly fields: readonly FieldDef[];
  /** Of which columns a parser has given back the text it was given. */
  readonly kept: boolean[];
  readonly #layout: Layout;
  readonly #parsers: Parser[] = [];
  #objects: RowReader | undefined;
  #arrays: RowReader | undefined;

  /** @param fields shared by the results of all statements that have this shape, so they are frozen */
  constructor(fields: FieldDef[]) {
    for (const field of fields) Object.freeze(field);
    this.fields = fields;
    this.kept = fields.map(() => false);
    this.#layout = layoutOf(fields);
  }

  /** A reader for one execution: parsers may have been replaced since the last one. */
  reader(types: Types, rowMode: "object" | "array" | undefined): RowReader {
    this.#look(types);
    if (rowMode === "array") return (this.#arrays ??= arrayReader([...this.#parsers], this.kept));
    return (this.#objects ??= objectReader(this.#layout, [...this.#parsers], this.kept));
  }

  #look(types: Types): void {
    const { fields } = this;
    const parsers = this.#parsers;
    for (let index = 0; index < fields.length; index += 1) {
      const parser = types.getTypeParser(fields[index]?.dataTypeID ?? 0, "text");
      if (parser === parsers[index]) continue;
      parsers[index] = parser;
      this.kept[index] = false;
      this.#objects = undefined;
      this.#arrays = undefined;
    }
  }
}

/** Rows with the same columns, of whatever types. */
interface Layout {
  readonly names: readonly string[];
  readonly template: Readonly<Record<string, null>>;
}

/** How many layouts the whole process remembers. */
const REMEMBERED = 1_000;
const layouts = new Map<string, Layout>();

/** Making one costs more than all the rest of a short statement's result. */
function layoutOf(fields: readonly FieldDef[]): Layout {
  let key = "";
  for (const { name } of fields) key += `${name}\0`; // no name has a NUL
  const known = layouts.get(key);
  if (known !== undefined) return known;
  const names = fields.map(({ name }) => name);
  // A column named __proto__ is a column in JSON, and what is read from it has room for all columns in the object itself, as have its copies.
  const template = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join()}}`) as Layout["template"];
  const layout: Layout = { names, template };
  if (layouts.size >= REMEMBERED) layouts.clear();
  layouts.set(key, layout);
  return layout;
}

function objectReader({ names, template }: Layout, parsers: readonly Parser[], kept: boolean[]): RowReader {
  return (values) => {
    const row: Record<string, unknown> = { ...template };
    for (let index = 0; index < names.length; index += 1) {
      const value = values[index] ?? null;
      const parsed = value === null ? null : parsers[index]?.(value);
      if (parsed === value && value !== null) kept[index] = true;
      // Null is assigned too: of two columns with one name the last one counts.
      row[names[index] ?? ""] = parsed;
    }
    return row;
  };
}

function arrayReader(parsers: readonly Parser[], kept: boolean[]): RowReader {
  return (values) => {
    const row = new Array<unknown>(parsers.length);
    for (let index = 0; index < parsers.length; index += 1) {
      const value = values[index] ?? null;
      const parsed = value === null ? null : parsers[index]?.(value);
      if (parsed === value && value !== null) kept[index] = true;
      row[index] = parsed;
    }
    return row;
  };
}
