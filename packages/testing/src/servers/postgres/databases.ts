import { randomBytes } from "node:crypto";
import { identifier } from "./admin.js";

/** A name that no other test has. */
export function databaseName(): string {
  return `test_${randomBytes(6).toString("hex")}`;
}

/** The URL of another database on the same server. */
export function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(name)}`;
  return other.href;
}

export function createStatement(name: string): string {
  return `create database ${identifier(name)}`;
}

export function dropStatement(name: string): string {
  return `drop database if exists ${identifier(name)} with (force)`;
}
