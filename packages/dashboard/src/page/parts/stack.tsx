/** Where a lease was acquired: the nearest line of the caller's own, or nothing. */
export function callerOf(stack: string | null): string | undefined {
  const line = stack?.split("\n").find((one) => !/node_modules|node:|[( ]<anonymous>\)?$/.test(one));
  if (line === undefined) return undefined;
  const [, name = "", file = ""] = /^\s*at (?:async )?(?:(.+?) \()?(.*?)\)?$/.exec(line) ?? [];
  const place = file.replace(/^file:\/\//, "").replace(/^.*\/(?=[^/]+\/[^/]+$)/, "");
  return name && !name.endsWith("<anonymous>") ? `${name} · ${place}` : place;
}

/** The whole stack. */
export function Stack({ stack }: { stack: string | null }) {
  if (stack === null)
    return (
      <p class="empty">
        No stack was taken. The option <code>stacks</code> of the pool takes one for each acquire, or for some.
      </p>
    );
  return (
    <pre class="code" tabIndex={0} aria-label="Where it was acquired">
      {stack.replace(/^ {4}/gm, "")}
    </pre>
  );
}
