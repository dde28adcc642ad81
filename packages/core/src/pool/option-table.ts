import { clockShape } from "../clock-option.js";
import type { OptionTable } from "../options.js";
import type { PoolOptions } from "./options.js";

const MOST = 1_000_000;

/** The table behind {@link PoolOptions}; adapters spread it into their own. */
export const poolOptions: OptionTable<PoolOptions> = {
  name: { type: "string", doc: "Names the pool in errors, events and metrics. Default: the factory's kind." },
  maxSize: {
    type: "integer",
    min: 1,
    max: MOST,
    default: 10,
    doc: "Hard limit of resources, those being opened and closed included.",
  },
  maxIdle: { type: "integer", min: 0, max: MOST, doc: "What comes back idle above this is closed. Default: maxSize." },
  minIdle: { type: "integer", min: 0, max: MOST, default: 0, doc: "Idle resources that are kept ready." },
  maxWaiting: {
    type: "integer",
    min: 0,
    infinity: true,
    default: 500,
    doc: "Callers that may wait at once; one more is refused with `QUEUE_FULL`. As many as there are resources that are not lent may wait in any case: for them one may still be opened.",
  },
  maxConnecting: {
    type: "integer",
    min: 1,
    max: MOST,
    default: 2,
    doc: "Resources being opened at once; one that takes longer than a second no longer counts.",
  },
  acquireTimeout: { type: "duration", never: true, default: 30_000, doc: "Longest wait inside acquire." },
  connectTimeout: {
    type: "duration",
    min: 1,
    never: true,
    doc: "Longest time for opening one resource. Default: the smaller of 5000 and acquireTimeout, at least 1000.",
  },
  validateTimeout: {
    type: "duration",
    min: 1,
    doc: "Longest time for one validate or reset. Default: the smaller of 1000 and a quarter of acquireTimeout.",
  },
  closeTimeout: {
    type: "duration",
    min: 1,
    default: 1_000,
    doc: "Longest time for closing one resource; afterwards it is forgotten.",
  },
  idleTimeout: {
    type: "duration",
    min: 1_000,
    never: true,
    default: 600_000,
    doc: "An idle resource above minIdle is closed after this time without use.",
  },
  maxLifetime: {
    type: "duration",
    min: 1_000,
    never: true,
    default: 1_800_000,
    doc: "A resource is replaced at this age, when it is not lent.",
  },
  lifetimeJitter: {
    type: "number",
    min: 0,
    max: 0.9,
    default: 0.25,
    doc: "Each lifetime is shorter by up to this share, at random.",
  },
  maxUses: {
    type: "integer",
    min: 1,
    infinity: true,
    default: Infinity,
    doc: "A resource is replaced after so many loans.",
  },
  validateIfIdleFor: {
    type: "duration",
    never: true,
    default: 1_000,
    doc: "A resource in use or checked within this time is lent without validation.",
  },
  keepAliveInterval: {
    type: "duration",
    min: 1_000,
    never: true,
    default: 120_000,
    doc: "An idle resource is validated this often, ± 20 %.",
  },
  drainTimeout: { type: "duration", never: true, default: 3_000, doc: "Longest wait for leases in close." },
  reuse: {
    type: "enum",
    values: ["lifo", "fifo"],
    default: "lifo",
    doc: "Which idle resource is lent first: the one returned last, or first.",
  },
  selfDeadlock: {
    type: "enum",
    values: ["error", "reuse", "off"],
    default: "error",
    doc: "What callback forms do about tasks that wait for what they hold: refuse the one that would close the circle; have a `use` inside a `use` share the outer one's resource, always; or nothing.",
  },
  leakAfter: {
    type: "duration",
    min: 1_000,
    never: true,
    default: 30_000,
    doc: "A lease held longer is reported on `pool:leak`.",
  },
  reclaimAfter: {
    type: "duration",
    min: 1_000,
    never: true,
    default: Infinity,
    doc: "A lease held longer is taken away and its resource closed.",
  },
  stacks: {
    type: "enum",
    values: ["off", "sampled", "all"],
    default: "off",
    doc: "Whether acquires remember their stack (5 µs each): none, one in 64, or all.",
  },
  clock: { ...clockShape, doc: "Time for tests. Default: the system's clock." },
  random: { type: "function", doc: "Numbers from 0 up to 1, for jitter. Default: Math.random." },
};
