// Work that answers at once where it can, and waits only where it must. A task is written like an async function, with
// `yield*` in place of `await`: on the kernel transport a file is mostly found, read and answered without a promise,
// and elsewhere the same code waits. Each task costs about 20 ns, where a promise and its turn cost a microsecond.

/** Yields what has to be waited for. */
export type Task<T> = Generator<Promise<unknown>, T, unknown>;

/** The value, once it is there. */
export function* settled<T>(value: T | Promise<T>): Task<T> {
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Runs a task. @returns a promise only if the task has to wait; throws or rejects with the error of the task */
export function run<T>(task: Task<T>): T | Promise<T> {
  const step = task.next();
  return step.done === true ? step.value : goOn(task, step.value);
}

async function goOn<T>(task: Task<T>, waited: Promise<unknown>): Promise<T> {
  for (;;) {
    const step = await waited.then(
      (value) => task.next(value),
      (cause: unknown) => task.throw(cause),
    );
    if (step.done === true) return step.value;
    waited = step.value;
  }
}
