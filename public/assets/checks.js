// Sends each request of the table as it is written there, and puts what came back beside what was expected.
// The refusals wait for their button, because browsers log them as errors, which a visit should not cause.

const table = document.getElementById("checks");
const sum = document.getElementById("sum");
const button = document.getElementById("refuse");
const etags = new Map();

for (const block of document.querySelectorAll("[data-address]")) nameThisServer(block);
button.addEventListener("click", async () => {
  button.disabled = true;
  await run(document.getElementById("refusals"));
  button.hidden = true;
});
button.hidden = false;
await run(table.tBodies[0]);

async function run(body) {
  for (const row of body.rows) await check(row);
  const done = [...table.querySelectorAll("[data-result]")];
  const good = done.filter((row) => row.dataset.result === "as expected");
  const elapsedMs = done.reduce((total, row) => total + Number(row.dataset.elapsed), 0);
  sum.textContent = `${done.length} requests, ${good.length} answered as expected, ${elapsedMs.toFixed(0)} ms.`;
}

async function check(row) {
  const answer = row.querySelector("samp");
  const expected = answer.textContent;
  const { method, target, headers } = readRequest(row.querySelector("pre"));
  const start = performance.now();
  try {
    const response = await fetch(target, { method, headers, cache: "no-store" });
    await response.arrayBuffer();
    row.dataset.elapsed = performance.now() - start;
    if (response.headers.has("ETag")) etags.set(target, response.headers.get("ETag"));
    answer.textContent = `${response.status} ${response.statusText}`;
    row.dataset.result = response.status === Number.parseInt(expected, 10) ? "as expected" : "not as expected";
    note(answer, describe(response, row.dataset.show));
  } catch (error) {
    row.dataset.elapsed = 0;
    row.dataset.result = "not as expected";
    answer.textContent = error.message;
  }
  note(answer, row.dataset.result, "unseen");
}

/** What a person reads is what is sent; only an entity tag, known from an earlier answer, is filled in. */
function readRequest(block) {
  const [method, target] = block.textContent.split(" ");
  const blank = block.querySelector("var");
  if (blank && etags.has(target)) blank.textContent = etags.get(target);
  const fieldLines = block.textContent.split("\n").slice(1);
  return { method, target, headers: fieldLines.map((line) => line.split(": ")) };
}

function describe(response, field) {
  if (response.redirected) return `after a redirect to ${new URL(response.url).pathname}`;
  const value = response.headers.get(field);
  return value === null ? "" : `${field}: ${value.replace(/boundary=.*/, "boundary=…")}`;
}

function note(answer, text, className = "") {
  const line = document.createElement("small");
  line.textContent = text;
  line.className = className;
  if (text) answer.parentElement.append(line);
}

/** The commands on the page are for the address that it was asked at. */
function nameThisServer(block) {
  for (const line of block.querySelectorAll("kbd, b")) {
    line.textContent = line.textContent
      .replace("http://localhost:8080", location.origin)
      .replace("localhost 8080", `${location.hostname} ${location.port || 80}`);
  }
}
