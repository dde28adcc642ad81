import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, startPostgres } from "@pool/testing";
import { connect } from "node:net";
import { dial, errorOf, listen, optionsOf, to, until } from "./dialing.js";
import { createDialer } from "../../src/connect/dialer.js";

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres({ own: true, tls: true });
});
afterAll(() => server[Symbol.asyncDispose]());

const LATE = new Error("connect timeout");

/** Gives up after 300 ms and resolves with how long it took; nothing may stay open at the peer. */
async function giveUp(raw: Parameters<typeof optionsOf>[0], open: () => number): Promise<void> {
  const controller = new AbortController();
  const lost: unknown[] = [];
  const connecting = errorOf(
    createDialer(optionsOf(raw)).dial({ signal: controller.signal, lost: (c) => void lost.push(c) }),
  );
  setTimeout(() => controller.abort(LATE), 300);
  expect(await connecting).toBe(LATE);
  await until(() => open() === 0);
  expect(lost).toEqual([]);
}

describe("a connect that is given up leaves nothing open", () => {
  it("when the server accepts and says nothing", async () => {
    await using peer = await listen((socket) => socket.resume());
    await giveUp({ host: "127.0.0.1", port: peer.port, user: "u", password: "p" }, () => peer.sockets.size);
  });

  it("when it never answers the request for TLS", async () => {
    await using peer = await listen((socket) => socket.resume());
    await giveUp(
      { host: "127.0.0.1", port: peer.port, user: "u", password: "p", sslmode: "verify-full" },
      () => peer.sockets.size,
    );
  });

  it("when it stalls inside the TLS handshake", async () => {
    await using peer = await listen((socket) => socket.once("data", () => socket.write("S")));
    await giveUp(
      { host: "127.0.0.1", port: peer.port, user: "u", password: "p", sslmode: "verify-full" },
      () => peer.sockets.size,
    );
  });

  it("when it stalls at any byte of a real server's greeting", async () => {
    for (const bytes of [0, 1, 9, 20, 24, 80, 120]) {
      await using peer = await listen((socket) => {
        let left = bytes;
        const upstream = connect(server.port, "127.0.0.1");
        upstream.on("error", () => undefined);
        socket.pipe(upstream);
        socket.once("close", () => upstream.destroy());
        upstream.on("data", (chunk: Buffer) => {
          socket.write(chunk.subarray(0, left));
          left = Math.max(0, left - chunk.length);
        });
      });
      await giveUp({ ...to(server), port: peer.port }, () => peer.sockets.size);
    }
  });

  it("when a frozen server does not answer", async () => {
    await server.freeze();
    try {
      await giveUp(to(server), () => 0);
    } finally {
      await server.thaw();
    }
  });

  it("when the password is not there yet, or the signal is aborted before", async () => {
    await expect(dial(to(server), "any", AbortSignal.abort(LATE))).rejects.toBe(LATE);
  });
});

describe("a peer that misbehaves fails the connect and not the process", () => {
  const cases: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ["is no PostgreSQL", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", /authentication failed/],
    ["cuts a message short", Buffer.from([0x52, 0, 0, 0, 8, 0, 0]), /authentication failed/],
    ["asks for what pg does not know", Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 99]), /authentication failed/],
    ["has a length that is none", Buffer.from([0x52, 0, 0, 0, 0, 0, 0, 0, 0]), /authentication failed/],
    ["reports half a parameter", Buffer.from([0x53, 0, 0, 0, 6, 0x61, 0x62]), /authentication failed/],
  ];
  it.each(cases)("%s", async (_, bytes, message) => {
    await using peer = await listen((socket) => socket.once("data", () => socket.end(bytes)));
    const error = await errorOf(dial({ host: "127.0.0.1", port: peer.port, user: "u", password: "p" }));
    expect(error.message).toMatch(message);
  });

  it("has no TLS, and is left at once", async () => {
    await using peer = await listen((socket) => socket.on("data", () => socket.write("N")));
    const raw = { host: "127.0.0.1", port: peer.port, user: "u", password: "p", sslmode: "require" } as const;
    await expect(dial(raw)).rejects.toThrow(/the server does not offer TLS/);
    await until(() => peer.sockets.size === 0);
  });

  it("slips bytes in behind its answer to the request for TLS", async () => {
    await using peer = await listen((socket) => socket.once("data", () => socket.write("SR\0\0\0\b\0\0\0\0")));
    const raw = { host: "127.0.0.1", port: peer.port, user: "u", password: "p", sslmode: "require" } as const;
    await expect(dial(raw)).rejects.toThrow(
      /TLS failed: the server answered the request for TLS with more than one byte/,
    );
  });
});
