export { createLock } from "./create-lock.js";
export type { HeldLock, Lock, LockHeldElsewhere, LockOptions, LockStore, LockTaken, ManagedLock } from "./lock.js";
export { createMemoryLock, memoryLockStore } from "./memory.js";
export { lockOptions, type CreateLockOptions } from "./options.js";
