import type { Socket } from "node:net";
import type { Conditions, Direction } from "./faults.js";
import { Pipe } from "./pipe.js";

/** One connection through the proxy. */
export interface ProxyConnection {
  /** Unique in its proxy, from 1. */
  readonly id: number;
  /** Bytes that were forwarded to the server, and to the client. */
  readonly bytes: Readonly<Record<Direction, number>>;
  /** True when bytes of it were lost: its client waits for answers that never come. */
  readonly silent: boolean;
}

/** The two sockets of a connection, and what goes on between them. */
export class Link implements ProxyConnection {
  readonly id: number;
  readonly bytes: Record<Direction, number> = { upstream: 0, downstream: 0 };
  readonly pipes: Readonly<Record<Direction, Pipe>>;
  readonly #client: Socket;
  readonly #server: Socket;
  silent = false;
  #healed = false;

  constructor(
    id: number,
    { client, server }: { readonly client: Socket; readonly server: Socket },
    conditions: Readonly<Record<Direction, Conditions>>,
    random: () => number,
    onClose: () => void,
  ) {
    this.id = id;
    this.#client = client;
    this.#server = server;
    const pipe = (direction: Direction, from: Socket, to: Socket): Pipe =>
      new Pipe(from, to, conditions[direction], random, {
        passed: (bytes) => void (this.bytes[direction] += bytes),
        lost: () => (this.silent = true),
        cut: (how) => (how === "fin" ? this.fin() : this.reset()),
      });
    this.pipes = { upstream: pipe("upstream", client, server), downstream: pipe("downstream", server, client) };
    this.#follow(client, server, "upstream");
    this.#follow(server, client, "downstream");
    client.on("end", () => this.#healed && this.silent && client.destroy());
    let left = 2;
    const closed = (): void => {
      if (--left > 0) return;
      this.pipes.upstream.end();
      this.pipes.downstream.end();
      onClose();
    };
    client.once("close", closed);
    server.once("close", closed);
  }

  /** An RST to both sides. */
  reset(): void {
    rst(this.#client);
    rst(this.#server);
  }

  /** A FIN to both sides, after which nothing passes. */
  fin(): void {
    this.pipes.upstream.lose();
    this.pipes.downstream.lose();
    this.#client.end();
    this.#server.end();
    this.#client.destroySoon();
    this.#server.destroySoon();
  }

  /** Nothing passes any more in either direction, and neither side is told. */
  silence(): void {
    this.silent = true;
    this.pipes.upstream.lose();
    this.pipes.downstream.lose();
  }

  /** The client still believes in this connection, the server does not. */
  halfOpen(): void {
    this.silence();
    rst(this.#server);
  }

  /** Bytes that are lost stay lost: of a silent connection the client's side is left, until the client closes it. */
  heal(): void {
    this.#healed = true;
    this.pipes.upstream.heal();
    this.pipes.downstream.heal();
    if (this.silent) this.silence();
    if (this.silent || this.#client.destroyed) rst(this.#server);
    if (this.#server.destroyed && (!this.silent || this.#client.readableEnded)) rst(this.#client);
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  /** When one side goes, the other is told in the same way, unless nothing passes between them. */
  #follow(from: Socket, to: Socket, direction: Direction): void {
    let failed = false;
    from.on("error", () => (failed = true));
    from.once("close", () => {
      if (!this.pipes[direction].passes) return;
      if (failed) rst(to);
      else if (!from.readableEnded) to.destroy();
    });
  }
}

/** Only TCP knows a reset; elsewhere the socket just closes. */
function rst(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.remotePort !== undefined) socket.resetAndDestroy();
  else socket.destroy();
}
