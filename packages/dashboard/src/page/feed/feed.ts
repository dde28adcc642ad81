import type { MonitorSnapshot } from "@pool/monitor";
import type { Hello } from "../../wire.js";
import { addPoints, historiesOf, type History } from "./history.js";

/** `broken`: the stream has ended, and is tried again at `retryAt`. */
export type FeedStatus = "connecting" | "live" | "broken" | "paused";

export interface FeedState {
  readonly status: FeedStatus;
  readonly title: string;
  readonly canAct: boolean;
  /** The newest one; nothing before the first. */
  readonly snapshot: MonitorSnapshot | undefined;
  readonly histories: ReadonlyMap<string, History>;
  /** When it came, by this browser's clock. */
  readonly receivedAt: number;
  /** When the next try begins, by this browser's clock. */
  readonly retryAt: number | undefined;
  /** The service said that it ends. */
  readonly saidBye: boolean;
}

// A tick comes every second: after so many without one the line is dead, even if nobody has said so.
const SILENCE = 5_000;
const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 15_000;

/** What the server tells, kept up to date: reconnects by itself, slower each time. */
export class Feed {
  readonly #url: string;
  readonly #changed: (state: FeedState) => void;
  #state: FeedState = {
    status: "connecting",
    title: "Pools",
    canAct: false,
    snapshot: undefined,
    histories: new Map(),
    receivedAt: 0,
    retryAt: undefined,
    saidBye: false,
  };
  #histories = new Map<string, History>();
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;

  constructor(url: string, changed: (state: FeedState) => void) {
    this.#url = url;
    this.#changed = changed;
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retryNow();
    });
  }

  get state(): FeedState {
    return this.#state;
  }

  open(): void {
    this.#close();
    this.#source = new EventSource(this.#url);
    this.#source.addEventListener("hello", ({ data }: MessageEvent<string>) => this.#hello(JSON.parse(data) as Hello));
    this.#source.addEventListener("tick", ({ data }: MessageEvent<string>) => {
      this.#tick(JSON.parse(data) as MonitorSnapshot);
    });
    this.#source.addEventListener("bye", () => this.#broken(true));
    this.#source.addEventListener("error", () => this.#broken(false));
    this.#watch();
  }

  retryNow(): void {
    if (this.#state.status === "broken") this.open();
  }

  /** Holds still what is shown, and asks for nothing meanwhile. */
  pause(): void {
    this.#close();
    this.#set({ status: "paused", retryAt: undefined });
  }

  resume(): void {
    this.#tries = 0;
    this.#set({ status: "connecting" });
    this.open();
  }

  #hello({ title, canAct, snapshot }: Hello): void {
    this.#tries = 0;
    this.#histories = historiesOf(snapshot);
    this.#set({ title, canAct });
    this.#tick(snapshot);
  }

  #tick(snapshot: MonitorSnapshot): void {
    addPoints(this.#histories, snapshot);
    this.#watch();
    this.#set({
      status: "live",
      snapshot,
      histories: this.#histories,
      receivedAt: Date.now(),
      retryAt: undefined,
      saidBye: false,
    });
  }

  #broken(saidBye: boolean): void {
    this.#close();
    const wait = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** this.#tries++) * (0.8 + 0.4 * Math.random());
    this.#timer = setTimeout(() => this.open(), wait);
    this.#set({ status: "broken", retryAt: Date.now() + wait, saidBye: saidBye || this.#state.saidBye });
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#broken(false), SILENCE);
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#timer);
  }

  #set(change: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changed(this.#state);
  }
}
