import { type EventEmitter } from "node:events";
import { type Socket } from "node:net";
import type pg from "pg";
import { AnswerTap } from "./answer-tap.js";
import { takeInPlace } from "./inlet.js";

interface Internals {
  _getActiveQuery?(): unknown;
  readonly connection: EventEmitter & { readonly _emitMessage?: boolean };
}

/**
 * Hands what comes out of a socket to an {@link AnswerTap} in front of pg's parser. A reply that cannot be parsed throws inside the socket's event,
 * which would end the process; here it ends the connection.
 */
export function tapAnswers(client: pg.Client, socket: Socket): void {
  const internals = client as unknown as Internals; // what pg's types leave out
  const { connection } = internals;
  for (const listener of socket.listeners("data")) {
    socket.off("data", listener as (chunk: Buffer) => void);
    const pass = (chunk: Buffer): void => void Reflect.apply(listener, socket, [chunk]);
    const tap = new AnswerTap({
      pass,
      // Who listens to pg's every message is to hear of every one.
      active: () => (connection._emitMessage === true ? undefined : internals._getActiveQuery?.()),
      ready: (status) => connection.emit("readyForQuery", readyForQuery(status)),
    });
    const guarded =
      <Given extends unknown[]>(take: (...given: Given) => void) =>
      (...given: Given): void => {
        try {
          take(...given);
        } catch (error) {
          socket.destroy(error instanceof Error ? error : new Error(String(error)));
        }
      };
    // One of them, as the socket is made.
    socket.on(
      "data",
      guarded((chunk: Buffer) => tap.take(chunk)),
    );
    takeInPlace(
      socket,
      guarded((memory: Buffer, length: number) => tap.takeLent(memory, length)),
    );
  }
}

/** The message as pg's parser makes it; one of each for all. */
function readyForQuery(status: number): object {
  return READY[status] ?? ready(String.fromCharCode(status));
}

const ready = (status: string): object => Object.freeze({ length: 5, status, name: "readyForQuery" });
const READY: Readonly<Record<number, object>> = { 0x49: ready("I"), 0x54: ready("T"), 0x45: ready("E") };
