/** What went wrong, in words for the visitor, and what can be done about it. */

import { ElanusError } from 'elanus'
import { DataError } from './data'

/** What the visitor may try. */
export type Remedy = 'retry' | 'take-over' | 'memory' | 'reset'

/** A failure as the page shows it. */
export interface Failure {
  readonly title: string
  readonly text: string
  readonly remedies: readonly Remedy[]
}

/** Describes anything thrown on the way. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof ElanusError) return describeElanus(error)
  if (error instanceof DataError) {
    return { title: 'The dictionary data did not arrive', text: `${error.message}.`, remedies: ['retry'] }
  }
  if (error instanceof TypeError && /fetch/i.test(error.message)) {
    return {
      title: 'The dictionary data could not be fetched',
      text: 'The server could not be reached. Check the connection and try again; what is stored already stays.',
      remedies: ['retry'],
    }
  }
  return { title: 'Something went wrong', text: messageOf(error), remedies: ['retry'] }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function describeElanus(error: ElanusError): Failure {
  switch (error.kind) {
    case 'LOCKED':
      return {
        title: 'The dictionary is open in another tab',
        text: 'One tab at a time writes to a database. Close the other tab and try again, or continue here; the other tab then steps back.',
        remedies: ['take-over', 'retry'],
      }
    case 'QUOTA':
      return {
        title: 'The browser has no room left',
        text: 'This site was refused the space to store more (the dictionary needs about 40 MB). Nothing that was stored before is lost. Free some disk space or clear data of other sites, then try again, or use the dictionary without storing it.',
        remedies: ['retry', 'memory'],
      }
    case 'STORAGE':
      return {
        title: 'The browser refuses to store data',
        text: `IndexedDB could not be used: ${error.message}. Private windows and strict privacy settings can be the cause. The dictionary also works without, until the tab is closed.`,
        remedies: ['memory', 'retry'],
      }
    case 'EVICTED':
      return {
        title: 'The stored dictionary has been removed',
        text: 'The browser, or someone clearing site data, deleted the database while it was open. It can be brought in again.',
        remedies: ['retry'],
      }
    case 'CORRUPT':
    case 'VERSION_TOO_NEW':
      return {
        title: 'The stored dictionary cannot be read',
        text: `${error.message}. Nothing wrong is shown in its place; a reset removes it and brings the meanings in again.`,
        remedies: ['reset', 'retry'],
      }
    case 'WASM_LOAD':
    case 'WASM_UNAVAILABLE':
      return {
        title: 'The database engine could not start',
        text: `${error.message}. This page needs WebAssembly with SIMD: Chrome 91, Firefox 89, Safari 16.4 or newer.`,
        remedies: ['retry'],
      }
    case 'MEMORY':
      return { title: 'The memory limit is reached', text: `${error.message}.`, remedies: ['retry'] }
    default:
      return { title: 'The database reports an error', text: `${error.message} (${error.kind}).`, remedies: ['retry'] }
  }
}
