import { CLEAN, DIRT, type Dirt } from "./dirt-kinds.js";
import { PLAIN } from "./sql-token-kinds.js";

/**
 * Follows the calls of `set_config`: one whose third argument is a plain `true` ends with its transaction. When it sets search_path, or nobody can
 * say what, tables made behind it may be temporary ones.
 */
export class SetConfigCalls {
  #depth = 0;
  #arguments: string[] = [];
  #state: "outside" | "named" | "inside" = "outside";

  get isOpen(): boolean {
    return this.#state !== "outside";
  }

  /** What a call turns out to leave behind, or may. */
  read(token: string): Dirt {
    if (token === "set_config") {
      const isNested = this.isOpen;
      this.#state = "named";
      return isNested ? DIRT.settings : CLEAN;
    }
    if (this.#state === "outside") return CLEAN;
    if (this.#state === "named") return this.#open(token);
    if (token === "(") this.#depth += 1;
    else if (token === ")") this.#depth -= 1;
    if (this.#depth === 0) return this.#close();
    if (token === "," && this.#depth === 1) this.#arguments.push("");
    else this.#add(token);
    return CLEAN;
  }

  #open(token: string): Dirt {
    this.#state = token === "(" ? "inside" : "outside";
    this.#depth = 1;
    this.#arguments = [""];
    return token === "(" ? CLEAN : DIRT.settings;
  }

  // What is longer than one token is none of those that are looked for.
  #add(token: string): void {
    const last = this.#arguments.length - 1;
    this.#arguments[last] = this.#arguments[last] === "" ? token : MANY;
  }

  #close(): Dirt {
    this.#state = "outside";
    const [name, value, isLocal] = this.#arguments;
    if (this.#arguments.length !== 3 || isLocal !== "true") return DIRT.settings;
    return name === PLAIN || value === PLAIN ? CLEAN : DIRT.temporary;
  }
}

const MANY = " ";
