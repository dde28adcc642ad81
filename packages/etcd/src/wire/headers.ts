import { constants, sensitiveHeaders, type OutgoingHttpHeaders } from "node:http2";

/** Sent along with a call. */
export interface CallHeaders {
  /** Proves who calls. */
  readonly token?: string | undefined;
  /** A member that knows of no leader is to refuse at once, instead of after seconds. */
  readonly requireLeader?: boolean | undefined;
}

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_AUTHORITY } = constants;
const TOKEN = { [sensitiveHeaders]: ["token"] };

export function headersOf(path: string, authority: string, { token, requireLeader }: CallHeaders): OutgoingHttpHeaders {
  return {
    [HTTP2_HEADER_METHOD]: "POST",
    [HTTP2_HEADER_PATH]: path,
    [HTTP2_HEADER_AUTHORITY]: authority,
    "content-type": "application/grpc",
    te: "trailers",
    ...(requireLeader === true && { hasleader: "true" }),
    ...(token !== undefined && { token, ...TOKEN }),
  };
}
