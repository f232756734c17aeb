/** The catalogue in force. */
import { en, type Messages } from './en';

export const t: Messages = en;
