import { isPoolError } from "@pool/core";

const GIVEN: readonly unknown[] = [undefined, null, 7, {}, "x", [], () => undefined];

/** What a call ends in that is neither a result nor a `PoolError`; undefined where it is one of them. What it opens is closed again. */
export async function strangeOf(work: Method, args: readonly unknown[]): Promise<unknown> {
  try {
    const made = Object(await work(...args)) as Partial<AsyncDisposable & Disposable & AsyncIterableIterator<unknown>>;
    const next = made.next?.();
    next?.catch(() => undefined); // awaited below: what listens waits for what nobody sends, until it is told to end
    await made.return?.();
    await next;
    await made[Symbol.asyncDispose]?.();
    made[Symbol.dispose]?.();
    return undefined;
  } catch (error) {
    return isPoolError(error) ? undefined : error;
  }
}

/** Lists of up to three arguments of all kinds, for calls that have to refuse what they cannot take. */
export function* argumentLists(): Generator<readonly unknown[]> {
  yield [];
  for (const first of GIVEN) {
    yield [first];
    for (const second of GIVEN) {
      yield [first, second];
      for (const third of GIVEN) yield [first, second, third];
    }
  }
}

type Method = (...args: unknown[]) => unknown;

/** Methods by name, to be called with anything. */
export function methodsOf(target: object, names: readonly string[]): [string, Method][] {
  return names.map((name) => [name, (Reflect.get(target, name) as Method).bind(target)]);
}
