import { type OnReadOpts, type Socket } from "node:net";

/** As much as libuv asks the system for at once. */
const SIZE = 65_536;
const sharedMemory = Buffer.allocUnsafeSlow(SIZE);

type Take = (memory: Buffer, length: number) => void;
const takers = new WeakMap<Socket, Take>();

/**
 * Memory that a socket is read into, over and over: otherwise Node allocates for each read, which costs more than all else about a short answer.
 * What is read goes the usual way until {@link takeInPlace} says otherwise.
 * @param socket the one that is read
 */
export function inlet(socket: () => Socket): OnReadOpts {
  // Elsewhere than on Windows there is nothing between the read and the call, so that one memory does for all sockets.
  const memory = process.platform === "win32" ? Buffer.allocUnsafeSlow(SIZE) : sharedMemory;
  return {
    buffer: memory,
    callback(length) {
      const take = takers.get(socket());
      if (take === undefined) return socket().push(Buffer.copyBytesFrom(memory, 0, length));
      take(memory, length);
      return true;
    },
  };
}

/** From now on `take` is called with what comes, which is valid during the call; not for a socket that TLS has been put on. */
export function takeInPlace(socket: Socket, take: Take): void {
  takers.set(socket, take);
}
