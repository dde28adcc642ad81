import { Socket } from "node:net";

/** The TCP connections of this process to one port, as they are asked for. */
export interface SocketWatch extends Disposable {
  /** When each connect was started, on the clock of `performance.now()`. */
  readonly startedAt: readonly number[];
  readonly open: number;
}

const watches = new Map<number, { startedAt: number[]; open: number }>();
let installed = false;

/** Counts connects where they really happen, so that none is missed that a pool does not know of. */
export function watchSockets(port: number): SocketWatch {
  install();
  const watch = { startedAt: [] as number[], open: 0 };
  watches.set(port, watch);
  return Object.assign(watch, { [Symbol.dispose]: () => void watches.delete(port) });
}

function install(): void {
  if (installed) return;
  installed = true;
  const connect = Reflect.get(Socket.prototype, "connect") as (...given: unknown[]) => Socket;
  Socket.prototype.connect = function (this: Socket, ...given: unknown[]): Socket {
    // `net.connect` hands its arguments on as one list that begins with the options.
    const [options] = (Array.isArray(given[0]) ? given[0] : given) as [{ readonly port?: unknown } | undefined];
    const watch = watches.get(Number(options?.port));
    if (watch !== undefined) {
      watch.startedAt.push(performance.now());
      watch.open++;
      this.once("close", () => watch.open--);
    }
    return connect.apply(this, given);
  };
}

/** The most that fell into one second. */
export function mostPerSecond(times: readonly number[]): number {
  return Math.max(0, ...times.map((start) => times.filter((time) => time >= start && time < start + 1_000).length));
}
