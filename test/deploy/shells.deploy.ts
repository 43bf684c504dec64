// The completions and the manual page, in the shells and in man.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { DEPLOY, missing, run } from "./programs.ts";

const SHELL = join(DEPLOY, "shell");

for (const [shell, file] of [
  ["bash", "heddle.bash"],
  ["zsh", "_heddle"],
  ["fish", "heddle.fish"],
] as const) {
  test(`${shell} finds no mistake in ${file}`, { skip: missing(shell) }, async () => {
    assert.deepEqual(await run(shell, ["-n", join(SHELL, file)]), { stdout: "", stderr: "" });
  });
}

const completions: { typed: readonly string[]; found: readonly string[] }[] = [
  { typed: ["--sand"], found: ["--sandbox"] },
  { typed: ["--sandbox", "s"], found: ["strict"] },
  { typed: ["--tls", ""], found: ["acme", "dev"] },
  { typed: ["completion", ""], found: ["bash", "fish", "zsh"] },
  { typed: ["hash"], found: ["hash-password"] },
];

for (const { typed, found } of completions) {
  test(`bash completes heddle ${typed.join(" ")}`, { skip: missing("bash") }, async () => {
    // compopt works only while a user types.
    const program = `source "$1"; shift; compopt() { :; }; cd /var/empty 2>/dev/null || cd /proc/self/task
      COMP_WORDS=(heddle "$@"); COMP_CWORD=$#; _heddle; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run("bash", ["-c", program, "bash", join(SHELL, "heddle.bash"), ...typed]);
    assert.deepEqual(stdout.trim().split("\n").sort(), found);
  });

  test(`fish completes heddle ${typed.join(" ")}`, { skip: missing("fish") }, async () => {
    const program = `source ${join(SHELL, "heddle.fish")}; cd /proc/self/task; complete -C "heddle ${typed.join(" ")}"`;
    const { stdout } = await run("fish", ["--no-config", "-c", program]);
    const words = stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0]!);
    assert.deepEqual(words.filter((word) => !word.endsWith("/")).sort(), found);
  });
}

test("zsh completes heddle --sandbox st at a terminal", { skip: missing("zsh") }, async () => {
  // The words that are waited for are written in two parts, because the terminal shows what is typed.
  const program = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1= ; fpath=($1 \\$fpath); autoload -U compinit; compinit -u -D; heddle() { print -r -- g''ot:\\$*: }; print rea''dy:"
    zpty -r shell line '*ready:*'
    zpty -w shell $'heddle --sand\\t st\\t'
    zpty -r shell line '*got:*:*'
    print -r -- "$line"`;
  const { stdout } = await run("zsh", ["-f", "-c", program, "zsh", SHELL]);
  assert.match(stdout, /got:--sandbox strict\s*:/);
});

test("man shows the page without a warning", { skip: missing("man") }, async () => {
  const argv = ["--warnings", "-E", "UTF-8", "-Tutf8", "-l", join(DEPLOY, "heddle.1")];
  const { stdout, stderr } = await run("man", argv);
  assert.equal(stderr, "");
  // Bold letters are written twice.
  assert.match(stdout.replaceAll(/.[\b]/g, ""), /--sandbox <auto\|strict\|off>/);
});
