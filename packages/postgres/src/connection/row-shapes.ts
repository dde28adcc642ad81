import { type FieldDef } from "pg";
import { RowShape } from "./row-reader.js";

/** How many the whole process remembers, and how many bytes one may take. */
const REMEMBERED = 1_000;
const LONGEST = 4_096;

const shapes = new Map<string, RowShape>();

/** Shapes by the bytes of the server's RowDescription, which say all of it: reading them is most of what a short answer costs. */
export function knownShape(description: string): RowShape | undefined {
  return shapes.get(description);
}

/** What `description` is remembered by, between `start` and `end` of what the server sent; undefined for one that is not remembered. */
export function descriptionIn(bytes: Buffer, start: number, end: number): string | undefined {
  return end - start > LONGEST ? undefined : bytes.toString("latin1", start, end);
}

/** The shape that pg has read out of it. */
export function learnShape(description: string | undefined, fields: FieldDef[]): RowShape {
  const shape = new RowShape(fields);
  if (description === undefined) return shape;
  if (shapes.size >= REMEMBERED) shapes.clear();
  shapes.set(description, shape);
  return shape;
}
