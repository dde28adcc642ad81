import { get, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { onTestFinished } from "vitest";

export interface ServerEvent {
  readonly name: string;
  readonly data: unknown;
}

/** A reader of server-sent events that can stop reading, as a browser's tab on a bad line does. */
export class EventReader {
  readonly response: IncomingMessage;
  readonly events: ServerEvent[] = [];
  bytes = 0;
  ended = false;
  #rest = "";

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#take(text));
    response.on("error", () => (this.ended = true));
    response.on("close", () => (this.ended = true));
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const request = get(url, { headers, agent: false });
    onTestFinished(() => void request.destroy());
    const [response] = (await once(request, "response")) as [IncomingMessage];
    request.on("error", () => undefined);
    return new EventReader(response);
  }

  count(name: string): number {
    return this.events.filter((event) => event.name === name).length;
  }

  #take(text: string): void {
    this.bytes += Buffer.byteLength(text);
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, name = "", data = ""] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
      if (name) this.events.push({ name, data: JSON.parse(data) as unknown });
    }
  }
}
