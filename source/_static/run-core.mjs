// Python in WebAssembly, and in it the manual's own runner. The worker of a page and the check of all pages use this.

/**
 * Load Python and the manual's modules.
 *
 * @param {string} python address of Pyodide's folder, with a slash at its end
 * @param {ArrayBuffer} archive the modules, as a zip
 * @returns {Promise<(request: object, post: (kind: string, text: string) => void) => object>} runs a group of
 *   blocks up to one of them and returns when it has ended; `request` and what is returned are described at
 *   `run` in in_browser.py
 */
export async function load(python, archive) {
  const { loadPyodide } = await import(`${python}pyodide.mjs`);
  // Nothing is ever installed, so no package is listed, and no other host named.
  const info = await (await read(`${python}lock.json`)).json();
  const folder = python.startsWith("file:") ? decodeURIComponent(new URL(python).pathname) : python; // for Node
  const pyodide = await loadPyodide({ indexURL: folder, lockFileContents: JSON.stringify(info) });
  pyodide.unpackArchive(archive, "zip", { extractDir: "/manual" });
  pyodide.runPython("import sys; sys.path.insert(0, '/manual')");
  const { run } = pyodide.pyimport("in_browser");
  return (request, post) => JSON.parse(run(JSON.stringify(request), post));
}

/** @param {string} address */
export async function read(address) {
  if (address.startsWith("file:")) {
    const { readFile } = await import("node:fs/promises");
    return new Response(await readFile(new URL(address)));
  }
  const answer = await fetch(address);
  if (!answer.ok) {
    throw new Error(`${address}: ${answer.status} ${answer.statusText}`);
  }
  return answer;
}
