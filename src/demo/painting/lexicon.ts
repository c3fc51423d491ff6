/** The words that the painter understands, in English and French, without accents, and in the singular if the plural is regular. */

export const subjectWords = {
  fox: 'fox foxes vixen renard renarde renardeau',
  cat: 'cat kitten kitty feline chat chatte chaton matou',
  dog: 'dog puppy hound corgi labrador husky chien chienne chiot toutou',
  wolf: 'wolf wolves loup louve',
  bear: 'bear grizzly panda ours ourson',
  rabbit: 'rabbit bunny hare lapin lievre lapine',
  deer: 'deer stag doe elk moose reindeer cerf biche renne chevreuil',
  horse: 'horse pony stallion mare mustang cheval chevaux poney jument',
  unicorn: 'unicorn licorne pegasus pegase',
  elephant: 'elephant mammoth mammouth',
  owl: 'owl hibou chouette',
  penguin: 'penguin manchot pingouin',
  bird: 'bird eagle hawk seagull gull swallow crane raven crow phoenix oiseau aigle mouette hirondelle corbeau',
  butterfly: 'butterfly butterflies moth papillon',
  whale: 'whale orca baleine cachalot orque',
  fish: 'fish goldfish koi salmon shark poisson carpe requin saumon',
  dolphin: 'dolphin dauphin',
  turtle: 'turtle tortoise tortue',
  jellyfish: 'jellyfish medusa meduse',
  dragon: 'dragon wyvern drake',
  person:
    'person man woman girl boy child wizard hero samurai traveler traveller hiker king queen knight wanderer people homme femme fille garcon enfant personne sorcier roi reine chevalier voyageur',
  astronaut: 'astronaut cosmonaut spaceman astronaute cosmonaute spationaute',
  robot: 'robot android droid cyborg mech automate androide',
  castle: 'castle fortress palace citadel chateau forteresse palais',
  house: 'house cottage cabin home hut chalet maison cabane chaumiere',
  lighthouse: 'lighthouse phare',
  windmill: 'windmill moulin',
  boat: 'boat ship sailboat sailing galleon yacht vessel bateau voilier navire barque',
  rocket: 'rocket spaceship spacecraft starship shuttle fusee vaisseau navette',
  car: 'car automobile taxi truck van voiture camion',
  train: 'train locomotive tram metro tgv',
  balloon: 'balloon montgolfiere ballon',
  tree: 'tree oak baobab sakura bonsai willow arbre chene cerisier saule',
  flower: 'flower rose tulip daisy poppy poppies lotus orchid fleur tulipe marguerite coquelicot pivoine',
  sunflower: 'sunflower tournesol',
} as const;
export type SubjectName = keyof typeof subjectWords;

export const placeWords = {
  forest: 'forest wood woodland jungle pine pines foret bois sapin clairiere',
  mountains: 'mountain alp peak cliff canyon hill valley summit volcano montagne colline sommet vallee falaise volcan',
  sea: 'sea ocean wave harbor harbour port mer vague atlantic pacific',
  beach: 'beach shore coast seaside island sand plage rivage cote ile',
  lake: 'lake river stream brook pond reflection lac riviere ruisseau etang fleuve',
  underwater: 'underwater reef coral deep submarine aquarium recif corail abysse',
  city: 'city town street skyline skyscraper tokyo paris york london cyberpunk downtown gutter sidewalk ville rue immeuble caniveau trottoir',
  desert: 'desert dune sahara mars cactus oasis',
  meadow: 'meadow field garden grass prairie farm countryside champ prairies jardin campagne ferme herbe',
  space:
    'space galaxy planet cosmos cosmic nebula universe orbit asteroid moonwalk espace galaxie planete univers nebuleuse',
  sky: 'sky cloud flying heaven ciel nuage volant',
} as const;
export type PlaceName = keyof typeof placeWords;

export const timeWords = {
  dawn: 'dawn sunrise morning aube matin matinee lever',
  day: 'day daylight noon midday sunny jour midi ensoleille',
  sunset: 'sunset dusk evening twilight coucher couchant crepuscule soir soiree',
  night: 'night midnight moon moonlight moonlit starry star dark neon nuit minuit lune etoile etoilee sombre',
} as const;
export type TimeName = keyof typeof timeWords;

export const weatherWords = {
  snow: 'snow snowy snowfall blizzard ice icy frozen arctic winter neige enneige enneigee hiver glace gele',
  storm: 'storm stormy thunder lightning tempest hurricane tempete orage orageux eclair foudre',
  rain: 'rain rainy raining drizzle wet puddle pluie pluvieux pluvieuse averse',
  fog: 'fog foggy mist misty haze smoke brouillard brume brumeux brumeuse',
  leaves: 'autumn fall leaf leaves automne feuille',
  petals: 'spring blossom cherry bloom petal sakura printemps cerisier petale',
  fireflies: 'firefly fireflies magic magical fairy enchanted luciole magique feerique enchante enchantee',
  aurora: 'aurora borealis northern aurore boreale',
} as const;
export type WeatherName = keyof typeof weatherWords;

/** Hues in degrees of the OKLab circle. */
export const colourWords = {
  red: [28, 'red crimson scarlet ruby rouge ecarlate anger love amour colere'],
  orange: [55, 'orange amber copper ambre joy joie'],
  yellow: [100, 'yellow gold golden jaune dore happy happiness bonheur'],
  green: [145, 'green emerald lime vert verte emeraude hope espoir'],
  teal: [195, 'teal turquoise cyan aqua calm peace calme paix'],
  blue: [260, 'blue azure navy bleu bleue azur sad sadness melancholy tristesse melancolie'],
  purple: [305, 'purple violet lavender indigo mauve lavande dream reve mystery mystere'],
  pink: [350, 'pink magenta fuchsia tender'],
  white: [null, 'white silver ivory blanc blanche argent'],
  black: [null, 'black ebony noir noire'],
} as const;
export type ColourName = keyof typeof colourWords;

/** Function words: they identify the language and mean nothing for an image. */
export const frenchWords = new Set(
  'un une le la les des du de au aux dans sur sous avec et qui est pour pendant vers chez entre son sa ses mon ma en'.split(
    ' ',
  ),
);
export const englishWords = new Set(
  'a an the of in on at with and under over through into from is are for by near across behind its my'.split(' '),
);
