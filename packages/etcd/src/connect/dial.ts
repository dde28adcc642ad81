import { type Channel } from "../channel/channel.js";
import { type DialledMember } from "../channel/dials-options.js";
import { type EtcdConnection } from "../wire/connection.js";
import { type Protocol } from "../wire/protocol.js";
import { type Endpoint } from "../wire/socket.js";
import { askStatus } from "./ask-status.js";
import { etcdFactory } from "./factory.js";
import { type EtcdTls } from "./tls-options.js";

/** Opens a connection for `channel`, which is told of its end, and has the member say how it is. */
export async function dialMember(
  endpoint: Endpoint,
  { tls, protocol, channel }: { tls: EtcdTls | undefined; protocol: Protocol; channel: () => Channel },
  signal: AbortSignal,
): Promise<DialledMember> {
  const born: { connection?: EtcdConnection } = {};
  const factory = etcdFactory(endpoint, tls);
  const connection = await factory.create({
    signal,
    lost: (cause) => {
      if (born.connection !== undefined) channel().ended(born.connection, cause);
    },
  });
  born.connection = connection;
  try {
    const { hasLeader } = await askStatus(connection, protocol, signal);
    if (connection.ended) throw new Error("the server closed the connection");
    return { connection, hasLeader };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
