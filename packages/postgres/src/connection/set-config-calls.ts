/** Follows the calls of `set_config`: one whose third argument is a plain `true` ends with its transaction. */
export class SetConfigCalls {
  #depth = 0;
  #commas = 0;
  #argument = "";
  #state: "outside" | "named" | "inside" = "outside";

  get isOpen(): boolean {
    return this.#state !== "outside";
  }

  /** True where a call turns out to set something for the session, or where that cannot be told. */
  read(token: string): boolean {
    if (token === "set_config") {
      const isNested = this.isOpen;
      this.#state = "named";
      return isNested;
    }
    if (this.#state === "outside") return false;
    if (this.#state === "named") return this.#open(token);
    if (token === "(") this.#depth += 1;
    else if (token === ")") this.#depth -= 1;
    if (this.#depth === 0) return this.#close();
    if (token === "," && this.#depth === 1) {
      this.#commas += 1;
      this.#argument = "";
    } else this.#argument += this.#argument === "" ? token : " ";
    return false;
  }

  #open(token: string): boolean {
    this.#state = token === "(" ? "inside" : "outside";
    this.#depth = 1;
    this.#commas = 0;
    this.#argument = "";
    return token !== "(";
  }

  #close(): boolean {
    this.#state = "outside";
    return this.#commas !== 2 || this.#argument !== "true";
  }
}
