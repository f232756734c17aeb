/** Runs a command from the interface: its failure is shown where it happened, by the command itself. */
export function run(command: Promise<unknown>): void {
  command.catch(() => undefined);
}
