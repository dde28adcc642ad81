import { expect, test } from "vitest";
import { parseJson } from "../src/parse-json.js";

const texts = [
  "{}",
  " [ ] ",
  '{"a":1}',
  '{ "a" : [ 1 , -2.5e+3, 0, true, false, null, "x" ] , "b": { } }\n',
  '"\\u0041\\n\\"\\\\\\/ \u007f é 😀"',
  "0",
  "-0.1",
  '{"__proto__":{"x":1}}',
  "",
  "{",
  "[1,]",
  '{"a":1,}',
  "{a:1}",
  "{'a':1}",
  "01",
  "1.",
  ".5",
  "+1",
  "NaN",
  "truex",
  "[1 2]",
  '{"a" 1}',
  '"a\nb"',
  '"\\x"',
  '"\\u00g0"',
  "// no\n1",
  "1 1",
  "\u00a01",
  "[1}",
];

test.each(texts)("reads %j as JSON.parse does, or not at all", (text) => {
  let expected: unknown;
  try {
    expected = { value: JSON.parse(text) as unknown };
  } catch {
    expected = undefined;
  }
  const parsed = parseJson(text);
  if (expected === undefined)
    expect(parsed).toMatchObject({ problems: [expect.stringMatching(/^is not JSON \(line \d+, column \d+\)$/)] });
  else expect(parsed).toEqual(expected);
  expect(Object.getPrototypeOf("value" in parsed && typeof parsed.value === "object" ? parsed.value : {})).toSatisfy(
    (prototype) => prototype === Object.prototype || prototype === Array.prototype,
  );
});

test.each([
  ['{\n  "a": 1,\n  "a": 2\n}', 'gives "a" twice in one object (line 3, column 3)'],
  ['[{ "a": { "b": 1, "\\u0062": 2 } }]', 'gives "b" twice in one object (line 1, column 19)'],
  ['{\n  "a": hush-hush }', "is not JSON (line 2, column 8)"],
  ["[".repeat(100_000), "is nested too deep (line 1, column 66)"],
])("tells the place of a mistake and none of the text (%#)", (text, problem) => {
  expect(parseJson(text)).toEqual({ problems: [problem] });
});

test("takes the same key in two objects", () => {
  expect(parseJson('{"a":{"x":1},"b":{"x":2}}')).toEqual({ value: { a: { x: 1 }, b: { x: 2 } } });
});
