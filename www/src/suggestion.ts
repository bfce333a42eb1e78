/** Meanings to begin with; each is answered well by the word table, which an end-to-end test holds to. */

/** A meaning and the word that must come first. */
export interface Suggestion {
  readonly meaning: string
  readonly word: string
}

export const SUGGESTIONS: readonly Suggestion[] = [
  { meaning: 'instrument for measuring temperature', word: 'thermometer' },
  { meaning: 'a person who studies the stars', word: 'astronomer' },
  { meaning: 'a word with the opposite meaning', word: 'antonym' },
  { meaning: 'the sound a dog makes', word: 'bark' },
  { meaning: 'season when leaves fall', word: 'autumn' },
  { meaning: 'occurring at night', word: 'nocturnal' },
]
