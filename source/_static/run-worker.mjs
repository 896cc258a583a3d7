// Runs snippets of a page away from it, so that the page can end them at any time.
import { load, read } from "./run-core.mjs";

let running;

self.onmessage = async ({ data: { python, archive, request } }) => {
  try {
    running ??= load(python, await (await read(archive)).arrayBuffer());
    const run = await running;
    self.postMessage({ kind: "loaded" });
    const result = run(request, (kind, text) => self.postMessage({ kind, text }));
    self.postMessage({ kind: "ended", result });
  } catch (error) {
    running = undefined;
    self.postMessage({ kind: "failed", text: String(error) });
  }
};
