/** Is it an object, and all in it of one kind? */
export function isObjectOf(value: unknown, isAllowed: (item: unknown) => boolean): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isAllowed);
}
