import { proveLocks } from "./frozen-holder.ts";

// The fifty rounds in a few freezes: what takes time is the wait for the locks' end.
proveLocks({ freezes: 2, locks: 25 });
