/** Whether a command line asks for help, which then wins over everything that is wrong with it. */
export function asksForHelp(argumentsGiven: readonly string[]): boolean {
  const end = argumentsGiven.indexOf("--");
  return argumentsGiven.slice(0, end < 0 ? undefined : end)
    .some((each) => ["-h", "--h", "-help", "--help"].includes(each));
}
