import { after, describe, it } from "node:test";
import { describeAdapter } from "../../src/index.js";
import { underTest } from "../backend/under-test.js";

/** The contract by another test runner than vitest; `node --test` runs this file. */
const { adapter, stop } = await underTest();
after(stop);

describeAdapter("the loopback adapter", adapter, { describe, it });
