import type { Distribution } from "@pool/monitor";
import { count, spanOf } from "../format.js";
import { type Column, DataTable } from "./data-table.js";

type Row = readonly [name: string, times: Distribution];

const columns: Column<Row>[] = [
  { label: "Time", cell: ([name]) => name },
  { label: "Count", numeric: true, cell: ([, times]) => count(times.count) },
  { label: "Mean", numeric: true, extra: true, cell: ([, times]) => spanOf(times.count, times.mean) },
  { label: "p50", numeric: true, cell: ([, times]) => spanOf(times.count, times.p50) },
  { label: "p95", numeric: true, cell: ([, times]) => spanOf(times.count, times.p95) },
  { label: "p99", numeric: true, cell: ([, times]) => spanOf(times.count, times.p99) },
  { label: "Max", numeric: true, extra: true, cell: ([, times]) => spanOf(times.count, times.max) },
];

/** Times by what took them. */
export function Distributions({ label, rows }: { label: string; rows: readonly Row[] }) {
  return (
    <DataTable label={label} columns={columns} rows={rows} idOf={([name]) => name} empty="Nothing was measured." />
  );
}
