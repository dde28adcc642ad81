import { brokenSql } from "./broken/sql.js";
import { expectBroken } from "./broken/expect-broken.js";

expectBroken(brokenSql);
