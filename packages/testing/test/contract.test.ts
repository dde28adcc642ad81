import { afterAll } from "vitest";
import { describeAdapter } from "../src/index.js";
import { underTest } from "./backend/under-test.js";

const { adapter, stop } = await underTest();
afterAll(stop);

describeAdapter("the loopback adapter", adapter);
