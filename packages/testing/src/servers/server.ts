/** A real server that a test has for itself: it can be killed, frozen and restarted, and is gone when the test is. */
export interface TestServer extends AsyncDisposable {
  /** Where to connect, with user and password. */
  readonly url: string;
  readonly host: string;
  /** Free when the server was first started; the same through every restart. */
  readonly port: number;
  readonly user: string;
  /** Made at random for this server. */
  readonly password: string;
  /** Of the main process; `undefined` while it does not run, and of a server that was given by its URL. */
  readonly pid: number | undefined;
  /** False for a server that was given by its URL: it can neither be stopped nor killed nor frozen. */
  readonly own: boolean;
  /** SIGKILL to the main process and all of its children at once, as when the machine crashes. Resolves when all are gone. */
  kill(): Promise<void>;
  /** SIGSTOP to the main process and all of its children: sockets stay open, nothing answers. Resolves when all stand still. */
  freeze(): Promise<void>;
  /** SIGCONT to all that {@link TestServer.freeze} stopped. */
  thaw(): Promise<void>;
  /** An orderly and fast shutdown: clients are told and cut off. Nothing to do when it does not run. */
  stop(): Promise<void>;
  /** Starts it on the same port and data, and resolves when it takes connections. Nothing to do when it runs. */
  start(): Promise<void>;
  /** {@link TestServer.stop}, then {@link TestServer.start}. */
  restart(): Promise<void>;
  /** What it has written to its log since it was first started. */
  log(): string;
}
