import { render } from "preact";
import { App } from "./app.js";
import { Feed } from "./feed/feed.js";

const root = document.getElementById("page");
if (!root) throw new Error("the document has no #page");

const feed = new Feed("events", (state) => render(<App feed={feed} state={state} />, root));
render(<App feed={feed} state={feed.state} />, root);
feed.open();
