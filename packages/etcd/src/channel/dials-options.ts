import { type Clock } from "@pool/core";
import { type EtcdConnection } from "../wire/connection.js";
import { type Endpoint } from "../wire/socket.js";

export interface DialsOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly endpoints: readonly Endpoint[];
  /** Longest time for one connect, in ms. */
  readonly dialTimeout: number;
  /** Opens a connection and proves it. At abort it rejects and leaves nothing open. */
  dial(endpoint: Endpoint, signal: AbortSignal): Promise<DialledMember>;
  /** Whether a connection is wanted. */
  wanted(): boolean;
  opened(connection: EtcdConnection): void;
  /** One more connect has failed. */
  failed(): void;
}

export interface DialledMember {
  readonly connection: EtcdConnection;
  readonly hasLeader: boolean;
}
