import { join } from "node:path";
import { onFreePort } from "../free-port.js";
import { ServerProcess } from "../server-process.js";
import { basics, configure, isServing, removeSharedMemory, type Cluster, type Settings } from "./cluster.js";

/** Starts the server of a cluster on a free port, which it then keeps. Removes the cluster when it does not start. */
export async function startCluster(
  cluster: Cluster,
  { durable, settings }: { readonly durable: boolean; readonly settings: Settings },
): Promise<{ process: ServerProcess; port: number }> {
  const process = new ServerProcess({
    name: "PostgreSQL",
    program: join(cluster.bin, "postgres"),
    args: () => ["-D", cluster.data],
    home: cluster.home,
    stopSignal: "SIGINT",
    endSignal: "SIGQUIT",
    isReady: (pid) => isServing(cluster, pid),
    cleanUp: () => removeSharedMemory(cluster),
  });
  try {
    const port = await onFreePort(async (candidate) => {
      configure(cluster, { ...basics(candidate, cluster.home, durable), ...settings });
      await process.start();
    });
    return { process, port };
  } catch (error) {
    await process.end();
    throw error;
  }
}
