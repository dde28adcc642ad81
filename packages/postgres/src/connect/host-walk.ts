import { within } from "./within.js";
import { type HostAddress } from "./address.js";
import { ConnectError, isRefusal, noAnswer, noneOf } from "./connect-error.js";
import { type DialOptions } from "./dial-options.js";
import { type Dialled, type Fresh } from "./dialled.js";
import { type DialRequest } from "./dialer.js";
import { dialHost } from "./dial-host.js";
import { type TargetSessionAttrs } from "./role.js";

/** Goes through the hosts until one gives a connection of the wanted kind. */
export class HostWalk {
  readonly #options: DialOptions;
  readonly #wanted: TargetSessionAttrs;
  #lastGood: HostAddress | undefined;

  constructor(options: DialOptions, wanted: TargetSessionAttrs) {
    this.#options = options;
    this.#wanted = wanted;
  }

  /** Rejects with the reason of the signal, or of every host. @param deadline on the clock of `performance.now()` */
  async run(request: DialRequest, password: string | undefined, deadline: number): Promise<Dialled> {
    const failures: Error[] = [];
    const order = this.#order();
    let secondBest: Fresh | undefined;
    for (const [tried, at] of order.entries()) {
      try {
        const dialled = await this.#dialInTime(request, at, password, deadline, order.length - tried);
        if (request.signal.aborted) dialled.destroy();
        request.signal.throwIfAborted();
        if (this.#wanted !== "prefer-standby" || dialled.isStandby === true) {
          handOut(dialled, at, request);
          secondBest?.destroy();
          this.#lastGood = at;
          return dialled;
        }
        if (secondBest === undefined) secondBest = dialled;
        else dialled.destroy();
      } catch (error) {
        if (request.signal.aborted || isRefusal(error)) secondBest?.destroy();
        request.signal.throwIfAborted();
        // Who is refused by one is refused by all; more attempts would only lock the account.
        if (isRefusal(error)) throw error;
        failures.push(error as Error); // dialHost rejects with nothing else
      }
    }
    if (secondBest !== undefined) {
      handOut(secondBest, secondBest.at, request);
      return secondBest;
    }
    throw noneOf(failures);
  }

  /** The time that is left is split among the hosts that are left, so that one that swallows everything does not eat it all. */
  #dialInTime(
    request: DialRequest,
    at: HostAddress,
    password: string | undefined,
    deadline: number,
    hostsLeft: number,
  ): Promise<Fresh> {
    const share = (deadline - performance.now()) / hostsLeft;
    const wanted = this.#wanted === "prefer-standby" ? "any" : this.#wanted;
    const pipeline = request.pipeline === true;
    const dial = (signal: AbortSignal): Promise<Fresh> =>
      dialHost({ at, password, wanted, pipeline, options: this.#options, signal }, share);
    return hostsLeft === 1 ? dial(request.signal) : within(request.signal, share, () => noAnswer(share), dial);
  }

  #order(): readonly HostAddress[] {
    const { hosts, loadBalanceHosts } = this.#options;
    if (loadBalanceHosts === "random") return shuffled(hosts);
    const first = this.#lastGood;
    return first === undefined ? hosts : [first, ...hosts.filter((host) => host !== first)];
  }
}

// One that has ended since it was made is none: what ends before it is handed out concerns nobody else.
function handOut(dialled: Fresh, at: HostAddress, request: DialRequest): void {
  if (!dialled.handTo((cause) => request.lost(cause)))
    throw new ConnectError(at, "role", new Error("the connection ended as soon as it stood"));
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const drawn = items.map((item) => ({ item, at: Math.random() }));
  return drawn.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
