import { fingerprint } from "@pool/core";
import { type ResolvedEtcdOptions } from "./options.js";
import { describeEndpoint } from "./wire/socket.js";

const numbers = new WeakMap<object, number>();
let numbered = 0;

/** Where, as whom and how: other members, credentials or limits make another key. A function for the password is the same only as itself. */
export function keyOf({ endpoints, secure, login, namespace, given }: ResolvedEtcdOptions): string {
  const options = Object.entries(given)
    .filter(([name]) => name !== "name")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify(options, (_, value: unknown) => {
    if (value === Infinity) return "never";
    return typeof value === "function" ? numberOf(value) : value;
  });
  const hosts = endpoints.map(describeEndpoint).join(",");
  const user = login === undefined ? "" : `${encodeURIComponent(login.user)}@`;
  const scheme = secure ? "etcd+tls" : "etcd";
  return `${scheme}://${user}${hosts}/${encodeURIComponent(namespace)}?options=${fingerprint(text)}`;
}

function numberOf(value: object): string {
  const number = numbers.get(value) ?? ++numbered;
  numbers.set(value, number);
  return `#${String(number)}`;
}
