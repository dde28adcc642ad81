import { OTHER, PLAIN } from "./sql-token-kinds.js";

/**
 * Follows `SET LOCAL search_path` and `SET LOCAL SCHEMA`, which itself ends with its transaction: with pg_temp in front every table is a temporary one, and that one
 * stays. Also for a setting whose name is quoted, and may be this one.
 */
export class LocalSearchPath {
  #at = 0;
  #isFollowing = false;
  #before = "";

  /** True where the path may lead to pg_temp. */
  read(token: string): boolean {
    if (token === ";") {
      this.#at = 0;
      this.#isFollowing = false;
      return false;
    }
    const at = this.#at++;
    if (at < START.length) {
      this.#isFollowing = token === START[at] && (at === 0 || this.#isFollowing);
      return false;
    }
    if (at === START.length) {
      this.#isFollowing &&= token === "search_path" || token === "schema" || token === OTHER;
      this.#before = "";
      return false;
    }
    if (!this.#isFollowing) return false;
    const before = this.#before;
    this.#before = token;
    // One literal behind the other is one literal.
    if (token === PLAIN) return before === PLAIN;
    return !/^(?:[=,]|[a-z_]\w*)$/.test(token) || token.startsWith("pg_");
  }
}

const START = ["set", "local"];
