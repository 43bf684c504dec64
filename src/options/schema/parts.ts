// The parts of the schema: zod's types with our messages, and checks that ask a feature itself whether it can use a value.
import * as z from "./zod.ts";

/** Begins the message for an unknown name; the known names follow, separated by ", ". */
export const ONE_OF = "one of ";

export function record<Shape extends z.core.$ZodShape>(
  name: string,
  shape: Shape,
): z.ZodMiniObject<Shape, z.core.$strict> {
  const known = `${ONE_OF}${Object.keys(shape).join(", ")}`;
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? known : `an object: ${name}`),
  });
}

export function byName<Name extends z.core.$ZodRecordKey, Value extends z.core.$ZodType>(
  name: Name,
  value: Value,
  wanted: string,
): z.ZodMiniRecord<Name, Value> {
  return z.record(name, value, `an object: ${wanted}`);
}

export function list<Item extends z.core.$ZodType>(item: Item, example?: string): z.ZodMiniArray<Item> {
  return z.array(item, example === undefined ? "a list" : `a list, ${example}`);
}

export function oneOf<const Values extends readonly string[]>(
  ...values: Values
): z.ZodMiniEnum<{ [Value in Values[number]]: Value }> {
  return z.enum(values, values.map((value) => JSON.stringify(value)).join(" or "));
}

export function whole(
  lowest: number,
  highest: number,
  wanted: string = wholeNumber(lowest, highest),
): z.ZodMiniNumber<number> {
  return z
    .int(wanted)
    .check(z.gte(lowest, { error: wanted, abort: true }), z.lte(highest, { error: wanted, abort: true }));
}

export function wholeNumber(lowest: number, highest: number): string {
  return `a whole number from ${lowest} to ${highest}`;
}

type Context = z.core.ParsePayload<unknown>;

/** A check by the constructor of a feature: it throws a TypeError that says what is wrong with the value. */
export function works<Value>(use: (value: Value) => unknown, wanted: string): z.core.CheckFn<Value> {
  return (context) => complainAbout(context, [], wanted, () => use(context.value));
}

export function complainAbout(context: Context, path: PropertyKey[], wanted: string, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    complain(context, path, `${wanted} (${error.message})`);
  }
}

export function complain(context: Context, path: PropertyKey[], message: string): void {
  context.issues.push({ code: "custom", message, path, input: context.value });
}

/** A path or an address. `:name` and `*` may stand for parts of a host or a path. */
export function isTarget(value: string): boolean {
  if (!/^[!-~]+$/.test(value)) return false;
  return (
    value.startsWith("/") ||
    (/^https?:\/\/./i.test(value) && URL.canParse(value.replace(/:[a-z_]\w*|\*/gi, "x").replace(/^x\/\//, "http://")))
  );
}
