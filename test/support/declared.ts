// Whether a source file declares a function, a class, a method or an accessor, private or not; a call of one does not count.
// For pages that name functions and their files.

export function isDeclared(name: string, source: string): boolean {
  const modifiers = "(?:protected |static |override |async |get |\\*)*";
  return new RegExp(
    `^(?:export )?(?:async )?(?:function\\*?|class|const) ${name}\\b|` +
      `^ {2,4}${modifiers}#?${name}(?:<[^>]*>)?\\(.*(?:\\{|,|\\()$|` +
      `^ {2,4}${modifiers}#?${name}\\($`,
    "m",
  ).test(source);
}
