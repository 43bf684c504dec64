// Weaves the cloth of the front page: asks for each row of the draft with a range request of its own, all at
// once, and draws each as it arrives. Without this script the loom stands there with its warp and no cloth.

const DRAFT = "/draft.txt";
const ROWS = 45;
const ENDS = 45;
const ROW_STEP = ENDS + 1; // a row of the draft and its line feed
const SVG = "http://www.w3.org/2000/svg";

const cloth = document.getElementById("cloth");
const report = document.getElementById("woven");
const button = document.getElementById("weave");

button.addEventListener("click", weave);
button.hidden = false;
await weave();

async function weave() {
  button.disabled = true;
  cloth.replaceChildren();
  const start = performance.now();
  try {
    await Promise.all(Array.from({ length: ROWS }, (_, row) => throwPick(row)));
    tell(performance.now() - start);
  } catch (error) {
    report.textContent = `The thread broke: ${error.message}`;
  }
  button.disabled = false;
}

async function throwPick(row) {
  const first = row * ROW_STEP;
  const response = await fetch(DRAFT, {
    cache: "no-store",
    headers: { Range: `bytes=${first}-${first + ENDS - 1}` },
  });
  if (response.status !== 206) throw new Error(`row ${row + 1} came with ${response.status} ${response.statusText}`);
  draw(row, await response.text());
}

function draw(row, pattern) {
  const pick = element("g", { class: "pick", transform: `translate(0 ${642 - row * 10})` });
  // The warp is drawn whole, and the weft over it wherever the draft has the warp down.
  const floats = Array.from(pattern.matchAll(/\.+/g), ({ index, 0: run }) => {
    return `M${index * 12 + 5} 5h${run.length * 12 - 10}`;
  });
  pick.append(
    element("rect", { width: 540, height: 10 }),
    element("use", { href: "#ends" }),
    element("path", { class: "weft", d: floats.join("") }),
  );
  pick.style.animationDelay = `${row * 22}ms`;
  cloth.append(pick);
}

function tell(elapsedMs) {
  const count = document.createElement("strong");
  count.textContent = `${ROWS} requests, ${ROWS} rows, ${elapsedMs.toFixed(0)} ms.`;
  report.replaceChildren(count, " This cloth was woven just now, from as many answers “206 Partial Content”.");
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
