import { type ICompare, type IRequestOp, type IResponseOp } from "etcd3";
import { invalidArgument, readKeys, readObject, wrongArgument } from "@pool/core";
import { type Calls } from "../calls/calls.js";
import { EtcdEntry } from "./entry.js";
import { type Bytes, type Keyspace, type Selection, toBuffer } from "./keyspace.js";
import { leaseIdOf, type LeaseRef } from "./lease-ref.js";
import { type CheckedOptions, requireNumber } from "./options.js";

/** What must hold of one key. `is` is how the two compare, the key's own on the left; a key that is not there has 0 everywhere, and no value. */
export type Condition = { readonly key: Bytes; readonly is?: "=" | "!=" | "<" | ">" } & (
  | { readonly modRevision: bigint }
  | { readonly createRevision: bigint }
  | { readonly version: bigint }
  | { readonly lease: LeaseRef }
  | { readonly value: Bytes }
);

/** One step of a transaction. */
export type Operation =
  | { readonly get: Selection }
  | { readonly put: Bytes; readonly value: Bytes; readonly lease?: LeaseRef }
  | { readonly delete: Selection };

/** When all of `if` holds, `then` is done, else `else`: all of it at one revision of the store, or nothing. */
export interface Transaction {
  readonly if?: readonly Condition[];
  readonly then?: readonly Operation[];
  readonly else?: readonly Operation[];
}

/** What one step did. */
export type OperationResult =
  | { readonly did: "get"; readonly entries: readonly EtcdEntry[] }
  | { readonly did: "put" }
  | { readonly did: "delete"; readonly deleted: number };

export interface TransactionResult {
  /** Whether `if` held. */
  readonly succeeded: boolean;
  readonly revision: bigint;
  /** In the order of the operations that were done. */
  readonly results: readonly OperationResult[];
}

export async function runTransaction(
  calls: Calls,
  keyspace: Keyspace,
  transaction: Transaction,
  options: CheckedOptions,
): Promise<TransactionResult> {
  readObject("transaction: transaction", transaction);
  readKeys("transaction", transaction, ["if", "then", "else"]);
  const conditions = readList<Condition>("transaction: if", transaction.if);
  const then = readList<Operation>("transaction: then", transaction.then);
  const otherwise = readList<Operation>("transaction: else", transaction.else);
  const request = {
    compare: conditions.map((condition) => comparisonOf(keyspace, condition)),
    success: then.map((operation) => requestOf(keyspace, operation)),
    failure: otherwise.map((operation) => requestOf(keyspace, operation)),
  };
  const kind = [...then, ...otherwise].every((operation) => "get" in operation) ? "read" : "write";
  const { succeeded, header, responses } = await calls.run(calls.protocol.txn, request, {
    command: "TXN",
    kind,
    ...options,
  });
  return {
    succeeded,
    revision: BigInt(header.revision),
    results: responses.map((response) => resultOf(keyspace, response)),
  };
}

function readList<T>(what: string, given: readonly T[] | undefined): readonly T[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw wrongArgument(what, "a list", given);
  return given as readonly T[]; // each is looked at where it is read
}

const RESULT = { "=": "Equal", "!=": "NotEqual", "<": "Less", ">": "Greater" } as const;

function comparisonOf(keyspace: Keyspace, condition: Condition): ICompare {
  readObject("transaction: if", condition);
  readKeys("transaction: if", condition, ["key", "is", "modRevision", "createRevision", "version", "lease", "value"]);
  const { is = "=" } = condition;
  if (!Object.hasOwn(RESULT, is)) throw wrongArgument("transaction: is", 'one of "=", "!=", "<", ">"', is);
  const common = { key: keyspace.key("transaction", condition.key), result: RESULT[is] };
  const number = (value: bigint): string => requireNumber("transaction: if", value);
  if ("modRevision" in condition) return { ...common, target: "Mod", mod_revision: number(condition.modRevision) };
  if ("createRevision" in condition)
    return { ...common, target: "Create", create_revision: number(condition.createRevision) };
  if ("version" in condition) return { ...common, target: "Version", version: number(condition.version) };
  if ("lease" in condition)
    return { ...common, target: "Lease", lease: leaseIdOf("transaction: lease", condition.lease) };
  if ("value" in condition)
    return { ...common, target: "Value", value: toBuffer("transaction: value", condition.value) };
  throw invalidArgument(
    "transaction: if must say what is compared: modRevision, createRevision, version, lease or value",
  );
}

function requestOf(keyspace: Keyspace, operation: Operation): IRequestOp {
  readObject("transaction: operation", operation);
  if ("get" in operation) return { request_range: keyspace.range("transaction", operation.get) };
  if ("delete" in operation) return { request_delete_range: keyspace.range("transaction", operation.delete) };
  if (!("put" in operation)) throw invalidArgument("transaction: an operation is a get, a put or a delete");
  const { put, value, lease } = operation;
  return {
    request_put: {
      key: keyspace.key("transaction", put),
      value: toBuffer("transaction: value", value),
      ...(lease !== undefined && { lease: leaseIdOf("transaction: lease", lease) }),
    },
  };
}

function resultOf(keyspace: Keyspace, response: Partial<IResponseOp>): OperationResult {
  if (response.response_range)
    return { did: "get", entries: response.response_range.kvs.map((found) => new EtcdEntry(found, keyspace)) };
  if (response.response_delete_range) return { did: "delete", deleted: Number(response.response_delete_range.deleted) };
  return { did: "put" };
}
