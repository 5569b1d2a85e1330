/** Splits `--name=value` of a command line; what carries no value of its own, or is no option, comes back whole. */
export function splitOption(arg: string): [name: string, value: string | undefined] {
  const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}
