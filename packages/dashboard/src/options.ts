import type { IncomingMessage } from "node:http";
import { type OptionTable, readOptions } from "@pool/core";
import type { Action } from "./action.js";

type Verdict = boolean | PromiseLike<boolean>;

export interface DashboardOptions {
  /** Where it is mounted: `/dashboard`. @default "/" */
  path?: string;
  /** What the page calls itself. @default "Pools" */
  title?: string;
  /**
   * Decides on each action: evict, resize, drain. Without it every action is refused with 403 and the page shows no buttons. Whatever it throws is
   * a refusal.
   */
  authorize?: (request: IncomingMessage, action: Action) => Verdict;
  /** Decides who may look: asked for the page, a snapshot, and a stream at its start. Whatever it throws is a refusal. @default everybody */
  authorizeView?: (request: IncomingMessage) => Verdict;
  /** Most streams at once; one more is refused with 503, and tries again. @default 20 */
  maxStreams?: number;
  /** Told what a hook has thrown, and what failed while answering. @default a process warning */
  onError?: (error: unknown) => void;
}

/** The options in force. */
export interface Settings {
  readonly path: string;
  readonly title: string;
  readonly authorize: DashboardOptions["authorize"];
  readonly authorizeView: NonNullable<DashboardOptions["authorizeView"]>;
  readonly maxStreams: number;
  readonly onError: (error: unknown) => void;
}

const PATH_SHAPE = 'a path like "/dashboard"';

/** The options, with what each takes, its default and its meaning. The README's table is made from it. */
export const dashboardOptions: OptionTable<DashboardOptions> = {
  path: {
    type: "custom",
    shape: PATH_SHAPE,
    check: (value) => (typeof value === "string" && /^\/[\w./~-]*$/.test(value) ? undefined : PATH_SHAPE),
    default: "/",
    doc: "Where it is mounted. What is asked for outside of it is left to you.",
  },
  title: { type: "string", default: "Pools", doc: "What the page calls itself." },
  authorize: {
    type: "function",
    shape: "a function (request, action) => boolean",
    doc: "Decides on each action: evict, resize, drain. Without it every action is refused, and the page shows no buttons.",
  },
  authorizeView: {
    type: "function",
    shape: "a function (request) => boolean",
    doc: "Decides who may look: asked for the page, a snapshot, and a stream at its start. Default: everybody.",
  },
  maxStreams: { type: "integer", min: 1, max: 1_000, default: 20, doc: "Most streams at once; one more is refused." },
  onError: {
    type: "function",
    shape: "a function (error) => void",
    doc: "Told what a hook has thrown, and what failed while answering. Default: a process warning.",
  },
};

/** @throws PoolError `INVALID_OPTIONS` */
export function readDashboardOptions(options: DashboardOptions): Settings {
  const read = readOptions(dashboardOptions, options, "dashboard") as unknown as Required<DashboardOptions>; // as the table says
  return {
    path: read.path.replace(/\/+$/, ""),
    title: read.title,
    authorize: options.authorize,
    authorizeView: options.authorizeView ?? (() => true),
    maxStreams: read.maxStreams,
    onError: tellSafely(options.onError ?? warn),
  };
}

/** Whatever the host's own callback throws, or its promise rejects with, is a warning and ends no request. */
function tellSafely(onError: (error: unknown) => unknown): (error: unknown) => void {
  return (error) => {
    try {
      Promise.resolve(onError(error)).catch(warn);
    } catch (thrown) {
      warn(thrown);
    }
  };
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
}
