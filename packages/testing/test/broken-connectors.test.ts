import { brokenConnectors } from "./broken/connector.js";
import { expectBroken } from "./broken/expect-broken.js";

expectBroken(brokenConnectors);
