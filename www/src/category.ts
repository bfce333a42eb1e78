/** Parts of speech and categories: how the database names them and how the page does. */

/** A part of speech: the letter of the data files, the value in the database, and a heading. */
export interface PartOfSpeech {
  readonly letter: 'n' | 'v' | 'a' | 'r'
  readonly value: string
  readonly heading: string
  /** What the names of its categories begin with. */
  readonly prefix: string
}

export const PARTS_OF_SPEECH: readonly PartOfSpeech[] = [
  { letter: 'n', value: 'noun', heading: 'Nouns', prefix: 'noun.' },
  { letter: 'v', value: 'verb', heading: 'Verbs', prefix: 'verb.' },
  { letter: 'a', value: 'adjective', heading: 'Adjectives', prefix: 'adj.' },
  { letter: 'r', value: 'adverb', heading: 'Adverbs', prefix: 'adv.' },
]

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'noun.': [
    'act', 'animal', 'artifact', 'attribute', 'body', 'cognition', 'communication', 'event', 'feeling', 'food', 'group',
    'location', 'motive', 'object', 'person', 'phenomenon', 'plant', 'possession', 'process', 'quantity', 'relation',
    'shape', 'state', 'substance', 'time', 'Tops',
  ],
  'verb.': [
    'body', 'change', 'cognition', 'communication', 'competition', 'consumption', 'contact', 'creation', 'emotion',
    'motion', 'perception', 'possession', 'social', 'stative', 'weather',
  ],
  'adj.': ['all', 'pert', 'ppl'],
  'adv.': ['all'],
}

/** WordNet's lexicographer files, in the order of the parts of speech and then of the alphabet. */
export const CATEGORIES: readonly string[] = PARTS_OF_SPEECH.flatMap(({ prefix }) =>
  (NAMES[prefix] ?? []).map((name) => prefix + name),
)

const LABELS: Readonly<Record<string, string>> = {
  'noun.artifact': 'things made',
  'noun.attribute': 'qualities',
  'noun.cognition': 'knowledge',
  'noun.object': 'natural things',
  'noun.Tops': 'most general',
  'verb.stative': 'being, having',
  'verb.social': 'social life',
  'adj.all': 'descriptive',
  'adj.pert': 'relating to',
  'adj.ppl': 'participles',
  'adv.all': 'all adverbs',
}

/** A category's name for people: `noun.artifact` is `things made`. */
export function categoryLabel(category: string): string {
  return LABELS[category] ?? category.slice(category.indexOf('.') + 1)
}

/** The part of speech with that letter in the data files. */
export function partOfLetter(letter: PartOfSpeech['letter']): string {
  return PARTS_OF_SPEECH.find((part) => part.letter === letter)?.value ?? letter
}

/** The part of speech to which a category belongs. */
export function partOfCategory(category: string): string | undefined {
  return PARTS_OF_SPEECH.find(({ prefix }) => category.startsWith(prefix))?.value
}
