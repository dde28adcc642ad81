import { CLEAN, DIRT, type Dirt } from "./dirt-kinds.js";

const BEFORE_TEMP: ReadonlySet<string> = new Set(["create", "replace", "global", "local", "into"]);

/** Follows what is made for the session alone. A table that its transaction drops is not left behind. */
export class Temporaries {
  #before = "";
  #beforeThat = "";
  #isMade = false;
  #isDropped = false;

  /** What the statement that ends here leaves behind. */
  read(token: string): Dirt {
    if (token === ";") return this.#end();
    if (token === "temp" || token === "temporary") this.#isMade ||= BEFORE_TEMP.has(this.#before);
    if (token === "drop" && this.#before === "commit" && this.#beforeThat === "on") this.#isDropped = true;
    this.#beforeThat = this.#before;
    this.#before = token;
    return token.startsWith("pg_temp") ? DIRT.temporary : CLEAN;
  }

  #end(): Dirt {
    const isLeft = this.#isMade && !this.#isDropped;
    this.#isMade = false;
    this.#isDropped = false;
    this.#before = "";
    return isLeft ? DIRT.temporary : CLEAN;
  }
}
