/** Tests that run without the page meet its words in English. */
import { loadMessages } from './messages';

await loadMessages('en');
