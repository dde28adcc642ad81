import { describeLock } from "../src/index.js";
import { locksUnderTest } from "./backend/locks-under-test.js";

describeLock("the locks of one process", locksUnderTest());
