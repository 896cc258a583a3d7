// Runs every group of blocks of some pages as a browser would, without one:
//   node run_blocks.mjs ADDRESS_OF_STATIC_FOLDER PAGE.json ...
// Prints a line of JSON for each block that begins, and one for each that has ended: its id, what became of it, why,
// and its report. A block that is to hang on the real clock would do so here.
import { load, read } from "./run-core.mjs";

const [folder, ...pages] = process.argv.slice(2);
const site = await (await read(`${folder}run/site.json`)).json();
const archive = await (await read(folder + site.archive.split("?")[0])).arrayBuffer();
const run = await load(folder + site.python, archive);
for (const page of pages) {
  const plan = await (await read(page)).json();
  const [document] = plan.documents;
  for (const group of document.groups) {
    const real = (group.clock ?? document.clock) === "real";
    const blocks = group.blocks.filter(({ expect }) => !(real && expect === "hang"));
    const tests = blocks.filter(({ kind }) => kind === "testcode" || kind === "doctest");
    if (!tests.length) {
      continue;
    }
    const target = tests.at(-1);
    const request = { plan: { ...plan, documents: [{ ...document, groups: [{ ...group, blocks }] }] }, target: `${target.path}:${target.line}` };
    const { results } = run(request, (kind, text) => kind === "begin" && console.log(JSON.stringify({ id: text })));
    for (const { path, line } of tests) {
      const { outcome = "lost", reason = "", report = "", seconds = 0 } = results[`${path}:${line}`] ?? {};
      console.log(JSON.stringify({ id: `${path}:${line}`, outcome, reason, report, seconds }));
    }
  }
}
