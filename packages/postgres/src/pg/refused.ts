import pg from "pg";

/** Options of `postgres()` that are about what a `pg.Pool` does not have: they would do nothing. */
const ELSEWHERE = ["labels", "replicas", "shared", "lazy", "listenKeepAlive"] as const;
export type Elsewhere = (typeof ELSEWHERE)[number];

/** What is wrong with a config whose options would have to be left out, or mean something else. */
export function refusedIn(config: object): string[] {
  const given = config as Readonly<Record<string, unknown>>;
  const { Client, stream, pipeline, binary, client_encoding, sslnegotiation, replication } = given;
  const problems: string[] = [];
  if (Client !== undefined && Client !== pg.Client) problems.push("Client is not supported: connections are made here");
  if (stream !== undefined) problems.push("stream is not supported: sockets are opened here");
  if (pipeline === true)
    problems.push("pipeline is not supported: a lease has its connection alone; see client.shared of postgres()");
  if (binary === true) problems.push("binary is not supported for a pool; it is for a single query");
  if (replication !== undefined) problems.push("replication is not supported: such a connection cannot be pooled");
  if (sslnegotiation === "direct") problems.push('sslnegotiation "direct" is not supported');
  if (typeof client_encoding === "string" && !/^utf-?8$/i.test(client_encoding))
    problems.push("client_encoding is always UTF8");
  for (const name of ELSEWHERE)
    if (given[name] !== undefined) problems.push(`${name} has no effect here: it is an option of postgres()`);
  return problems;
}
