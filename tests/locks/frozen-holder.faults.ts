import { proveLocks } from "./frozen-holder.ts";

proveLocks({ freezes: 50, locks: 1 });
