/** Parts of the page that are fetched when they are needed, and fetched again where that has failed. */

let tries = 0;

/**
 * Browsers keep a failed import in mind: the same address fails again without asking the server. So a further try asks
 * for the module, and for style sheets that did not come, by addresses that differ.
 * @param load imports a module
 */
export async function importAgain<Module>(load: () => Promise<Module>): Promise<Module> {
  tries++;
  await Promise.all(missingStyles().map(fetchAgain));
  try {
    return await load();
  } catch (error) {
    // Chromium and Firefox name the module in the message.
    const address = /https?:\/\/[^\s'"]+?\.[jt]sx?\b/.exec(String(error))?.[0];
    if (!address) throw error;
    return (await import(/* @vite-ignore */ differing(address))) as Module;
  }
}

function missingStyles(): HTMLLinkElement[] {
  const links = document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]');
  return [...links].filter(({ sheet }) => sheet === null);
}

async function fetchAgain(link: HTMLLinkElement): Promise<void> {
  const again = document.createElement('link');
  again.rel = 'stylesheet';
  again.href = differing(link.href);
  await new Promise((resolve, reject) => {
    again.addEventListener('load', resolve);
    again.addEventListener('error', () => reject(new Error(`${link.href} could not be fetched.`)));
    link.replaceWith(again);
  });
}

function differing(address: string): string {
  const url = new URL(address);
  url.searchParams.set('try', String(tries));
  return url.href;
}
