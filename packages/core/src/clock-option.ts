/** How an option that takes a Clock is checked, for every options table that has one. */
export const clockShape = {
  type: "custom",
  shape: "a Clock",
  check: (value: unknown) => (isClock(value) ? undefined : "a Clock"),
} as const;

function isClock(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    ["now", "setTimeout", "clearTimeout"].every((name) => typeof Reflect.get(value, name) === "function")
  );
}
