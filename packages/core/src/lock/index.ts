export type { HeldLock, Lock, LockHeldElsewhere, LockOptions, LockStore, LockTaken } from "./lock.js";
