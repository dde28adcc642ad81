import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../format.js";

export interface Column<Row> {
  readonly label: string;
  /** Aligned at the right, digit below digit. */
  readonly numeric?: boolean;
  /** Left out where the page is narrow: the details have it. */
  readonly extra?: boolean;
  /** What takes the room that is left. */
  readonly long?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

interface Props<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string | number;
  /** Opens the details of a row: its first cell becomes a button, and the whole row is its target. */
  readonly onOpen?: (row: Row) => void;
  /** A class for rows that somebody should look at. */
  readonly toneOf?: (row: Row) => string | undefined;
  /** What stands there when there is no row. */
  readonly empty: string;
  /** Rows that are shown until more are asked for. */
  readonly first?: number;
}

export function DataTable<Row>({ label, columns, rows, idOf, onOpen, toneOf, empty, first = 8 }: Props<Row>) {
  const [all, setAll] = useState(false);
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const shown = all ? rows : rows.slice(0, first);
  return (
    <>
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.label} scope="col" class={classOf(column)}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={idOf(row)} class={[onOpen && "opens", toneOf?.(row)].filter(Boolean).join(" ")}>
              {columns.map((column, at) => (
                <td key={column.label} class={classOf(column)}>
                  {at === 0 && onOpen ? (
                    <button type="button" class="row-opener" onClick={() => onOpen(row)}>
                      {column.cell(row)}
                    </button>
                  ) : (
                    column.cell(row)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > first && (
        <button type="button" class="more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show ${plural(rows.length - first, "more", "more")}`}
        </button>
      )}
    </>
  );
}

function classOf({ numeric, extra, long }: Column<never>): string {
  return [numeric && "numeric", extra && "extra", long && "long"].filter(Boolean).join(" ");
}
