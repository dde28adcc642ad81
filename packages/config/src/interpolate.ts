import type { Environment } from "./environment-options.js";

export interface Interpolated {
  readonly text: string;
  /** The variables whose values, or defaults, are in it. */
  readonly variables: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/**
 * Puts variables into a text: `${NAME}`, `${NAME:-default}` where it is not set or empty, and `$${` for a `${` as it is. What comes in is not looked
 * through again, and stands where it was put: it cannot become a key or a list.
 */
export function interpolate(text: string, env: Environment): Interpolated {
  const variables = new Map<string, string>();
  const problems: string[] = [];
  const filled = text.replaceAll(
    /\$\$\{|\$\{([^}]*)(\}?)/g,
    (whole: string, inner: string | undefined, end: string | undefined) => {
      if (inner === undefined) return "${";
      const [, name, fallback] = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inner) ?? [];
      if (name === undefined || end === "") {
        problems.push('holds a "${" that begins neither ${NAME} nor ${NAME:-default}; a "${" as it is is written $${');
        return whole;
      }
      const value = variableOf(env, name);
      if (value === undefined && fallback === undefined) problems.push(`needs the variable ${name}, which is not set`);
      const filling = value === undefined || value === "" ? (fallback ?? "") : value;
      variables.set(name, filling);
      return filling;
    },
  );
  return { text: filled, variables, problems };
}

/** The value of a variable, and of nothing that every object has. */
export function variableOf(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}
