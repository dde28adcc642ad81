import { readOptions } from "@pool/core";
import { type DriverOptions } from "../connection/guarded-redis.js";
import { type RedisOptions, type SentinelOptions } from "../options.js";
import { sentinelOptions } from "../option-table.js";
import { type PasswordProvider } from "./credentials.js";
import { sentinelsAs } from "./sentinels.js";
import { tlsSettings } from "./tls.js";
import { readUrl, type UrlParts } from "./url.js";

/** Where, as whom and how. */
export interface Address {
  /** For messages and keys: no credential is in it. */
  readonly text: string;
  readonly user: string | undefined;
  readonly password: string | PasswordProvider | undefined;
  readonly driver: DriverOptions;
  readonly isInsecure: boolean;
}

const SENTINEL_PORT = 26_379;

/** Puts the URL and the options beside it together, and says where they contradict. */
export function addressOf(given: RedisOptions, problems: string[]): Address {
  const url = given.url === undefined ? undefined : readUrl(given.url);
  if (url !== undefined) problems.push(...url.problems);
  const parts: UrlParts = url?.parts ?? { isTls: false };
  const { path, sentinel, db = parts.db ?? 0, tls = parts.isTls } = given;
  const [host = "localhost", port = 6_379] = [given.host ?? parts.host, given.port ?? parts.port];
  const places = [path, sentinel, given.host ?? given.port ?? parts.host].filter((place) => place !== undefined);
  if (places.length > 1) problems.push("host and port, path and sentinel exclude one another");
  if (tls === false && parts.isTls) problems.push("tls false contradicts rediss://");
  if (path !== undefined && tls !== false) problems.push("a Unix socket has no TLS");
  const server =
    sentinel === undefined ? { where: at(host, port), driver: { host, port } } : readSentinel(sentinel, tls);
  const secured = tlsSettings(sentinel === undefined ? host : undefined, tls);
  return {
    text: `${path ?? server.where}/${db}`,
    user: given.user ?? parts.user,
    password: given.password ?? parts.password,
    isInsecure: isInsecure(tls) || (sentinel !== undefined && isInsecure(sentinel.tls)),
    driver: { ...(path === undefined ? server.driver : { path }), db, ...(secured && { tls: secured }) },
  };
}

function readSentinel(
  given: SentinelOptions,
  tls: RedisOptions["tls"],
): { readonly where: string; readonly driver: DriverOptions } {
  const read = readOptions(sentinelOptions, given, "redis: sentinel") as unknown as SentinelOptions; // the table has checked it
  const sentinels = read.hosts.map((text) => {
    const [, bracketed, plain = text, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
    return { host: bracketed ?? plain, port: port === undefined ? SENTINEL_PORT : Number(port) };
  });
  const secured = tlsSettings(undefined, read.tls ?? tls);
  return {
    where: `${read.name}@${sentinels.map(({ host, port }) => at(host, port)).join(",")}`,
    driver: {
      sentinels,
      name: read.name,
      Connector: sentinelsAs({ user: read.user, password: read.password }),
      ...(secured && { sentinelTLS: secured }),
      enableTLSForSentinelMode: tls !== undefined && tls !== false,
    },
  };
}

function isInsecure(tls: RedisOptions["tls"]): boolean {
  return typeof tls === "object" && tls.insecure === true;
}

function at(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
