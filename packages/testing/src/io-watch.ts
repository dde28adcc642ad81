import { AsyncLocalStorage, createHook } from "node:async_hooks";

// What Node starts for files, sockets, names, processes and threads.
const IO = /^(FS|TCP|PIPE|UDP|TLS|GETADDRINFO|GETNAMEINFO|QUERYWRAP|PROCESS|WORKER|HTTP|STAT|DIRHANDLE|FILEHANDLE)/;

/** The kinds of I/O that `work`, and what it has set off within `ms`, asked of Node. What others do meanwhile does not count. */
export async function ioOf(ms: number, work: () => void): Promise<readonly string[]> {
  const started = new Set<string>();
  const context = new AsyncLocalStorage<boolean>();
  const hook = createHook({
    init: (_id, type) => {
      if (IO.test(type) && context.getStore() === true) started.add(type);
    },
  });
  hook.enable();
  try {
    context.run(true, work);
    await new Promise((resolve) => setTimeout(resolve, ms));
  } finally {
    hook.disable();
  }
  return [...started];
}
