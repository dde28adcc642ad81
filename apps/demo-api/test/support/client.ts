/** A reply as a test looks at it. */
export interface Reply<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}

/** Calls the service over HTTP, as any client would. */
export class Client {
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  get<T>(path: string, init: RequestInit = {}): Promise<Reply<T>> {
    return this.send<T>("GET", path, undefined, init);
  }

  post<T>(path: string, body?: unknown): Promise<Reply<T>> {
    return this.send<T>("POST", path, body);
  }

  patch<T>(path: string, body: unknown): Promise<Reply<T>> {
    return this.send<T>("PATCH", path, body);
  }

  delete<T>(path: string): Promise<Reply<T>> {
    return this.send<T>("DELETE", path);
  }

  async send<T>(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<Reply<T>> {
    const json = body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(`${this.address}${path}`, { method, ...json, ...init });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === "" ? undefined : JSON.parse(text)) as T,
    };
  }
}
