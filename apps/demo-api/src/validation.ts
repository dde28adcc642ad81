import { Ajv, type ErrorObject } from "ajv";
import addFormats from "ajv-formats";
import { type FastifyInstance } from "fastify";

/**
 * Checks requests against their schemas. Query and path are text, so they are read as what the schema asks for; a body is JSON and
 * says what it means: `"5"` is no number there, and null no zero. What a schema does not name is refused.
 */
export function useStrictValidation(app: FastifyInstance): void {
  const text = new Ajv({ coerceTypes: true, useDefaults: true });
  const json = new Ajv({ useDefaults: true });
  // The formats come as CommonJS: the function sits under `default` for Node's ESM.
  for (const ajv of [text, json]) addFormats.default(ajv);
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === "body" ? json : text).compile(schema));
  app.setSchemaErrorFormatter((errors, part) => new Error(errors.map((error) => describe(error, part)).join("; ")));
}

function describe(
  { instancePath, keyword, params, message }: Pick<ErrorObject, "instancePath" | "keyword" | "params" | "message">,
  part: string,
): string {
  const where = `${part}${instancePath}`;
  if (keyword === "additionalProperties")
    return `${where} has a field that is not known: ${JSON.stringify(params.additionalProperty)}`;
  if (keyword === "enum") return `${where} must be one of ${JSON.stringify(params.allowedValues)}`;
  return `${where} ${message ?? "is not valid"}`;
}
