import { brokenResources } from "./broken/resource.js";
import { expectBroken } from "./broken/expect-broken.js";

expectBroken(brokenResources);
