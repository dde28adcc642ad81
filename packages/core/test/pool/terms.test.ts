import { describe, expect, it } from "vitest";
import { TaskHold } from "../../src/pool/borrow.js";
import { TermsInTurn } from "../../src/pool/terms.js";

describe("the terms of those who queue", () => {
  it("are none for who asks for nothing, or for what holds anyway", () => {
    const terms = new TermsInTurn(500);
    const { signal } = new AbortController();
    expect(terms.of(undefined, 500, undefined)).toBeUndefined();
    expect(terms.of({}, 500, undefined)).toBeUndefined();
    expect(terms.of({ signal, timeout: 500 }, 500, undefined)).toBeUndefined();
  });

  it("are shared by those who ask for the same, one after the other", () => {
    const terms = new TermsInTurn(500);
    const first = terms.of({ label: "a" }, 500, undefined);
    expect(first).toEqual({ timeout: 500, label: "a", priority: undefined, hold: undefined, stack: undefined });
    expect(terms.of({ label: "a" }, 500, undefined)).toBe(first);
    for (const [request, timeout] of [
      [{ label: "b" }, 500],
      [{ label: "a", priority: "high" }, 500],
      [{ label: "a" }, 400],
    ] as const) {
      const other = terms.of(request, timeout, undefined);
      expect(other).not.toBe(first);
      expect(other).toMatchObject({ ...request, timeout });
    }
  });

  it("are its own for a task, and where the stack is known", () => {
    const terms = new TermsInTurn(500);
    const hold = new TaskHold({}, undefined, "task");
    const one = terms.of({ hold, label: "a" }, 500, undefined);
    expect(one).toMatchObject({ hold, label: "a", timeout: 500 });
    expect(terms.of({ hold, label: "a" }, 500, undefined)).not.toBe(one);
    expect(terms.of(undefined, 500, "at here")).toMatchObject({ stack: "at here", label: undefined });
    expect(terms.of({ label: "a" }, 500, "at here")).toMatchObject({ stack: "at here", label: "a" });
    expect(terms.of({ label: "a" }, 500, undefined)?.stack).toBeUndefined();
  });

  it("do not change with the options, which are the caller's", () => {
    const terms = new TermsInTurn(500);
    const options = { label: "before", timeout: 100 };
    const one = terms.of(options, options.timeout, undefined);
    options.label = "after";
    expect(one?.label).toBe("before");
    expect(terms.of(options, options.timeout, undefined)?.label).toBe("after");
  });
});
